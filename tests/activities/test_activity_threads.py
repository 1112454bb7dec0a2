from __future__ import annotations

import subprocess
import sys
import threading
import weakref

import pytest
from patience import PATIENCE

from kagzi_dsl.activities.executor import Threads


def test_calls_run_side_by_side_up_to_the_slots() -> None:
    threads = Threads(2)
    meeting = threading.Barrier(2, timeout=PATIENCE)
    assert sorted(future.result(PATIENCE) for future in [threads.submit(meeting.wait) for _ in range(2)]) == [0, 1]
    threads.shutdown()


def test_further_calls_wait_for_a_thread() -> None:
    threads = Threads(1)
    go_on = threading.Event()
    first, second = threads.submit(go_on.wait), threads.submit(threading.current_thread)
    assert threads.unfinished == 2
    assert not second.running()
    go_on.set()
    assert first.result(PATIENCE)
    assert second.result(PATIENCE).daemon
    threads.shutdown()


def test_threads_are_started_as_they_are_needed_and_used_again() -> None:
    threads = Threads(8, name="used-again")
    idents = set()
    for _ in range(20):
        future = threads.submit(threading.get_ident)
        idents.add(future.result(PATIENCE))
        while threads.unfinished:  # else the thread may not have noted the end of its call when the next one comes
            pass
    assert len(idents) == 1
    threads.shutdown()


def test_what_a_call_raises_is_in_its_future_and_the_thread_lives_on() -> None:
    threads = Threads(1)
    with pytest.raises(SystemExit):
        threads.submit(sys.exit, 3).result(PATIENCE)
    assert threads.submit(lambda: 1).result(PATIENCE) == 1
    threads.shutdown()


def test_a_call_that_is_cancelled_while_it_waits_never_runs() -> None:
    threads = Threads(1)
    go_on = threading.Event()
    ran: list[int] = []
    threads.submit(go_on.wait)
    second = threads.submit(ran.append, 1)
    assert second.cancel()
    go_on.set()
    threads.submit(lambda: None).result(PATIENCE)
    assert ran == []
    threads.shutdown()


def test_after_shutdown_no_call_is_taken_and_idle_threads_end() -> None:
    threads = Threads(1, name="ending")
    thread = threads.submit(threading.current_thread).result(PATIENCE)
    threads.shutdown()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    with pytest.raises(RuntimeError, match="shut down"):
        threads.submit(print)


def test_an_idle_thread_keeps_nothing_of_its_last_call() -> None:
    class Big:
        pass

    threads = Threads(1)
    big = Big()
    gone = threading.Event()
    weakref.finalize(big, gone.set)
    threads.submit(id, big).result(PATIENCE)
    del big
    assert gone.wait(PATIENCE)
    threads.shutdown()


def test_a_call_that_hangs_does_not_keep_the_process_alive() -> None:
    program = """
import threading
from kagzi_dsl.activities.executor import Threads
begun = threading.Event()
def hang():
    begun.set()
    threading.Event().wait()
Threads(1).submit(hang)
begun.wait()
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
