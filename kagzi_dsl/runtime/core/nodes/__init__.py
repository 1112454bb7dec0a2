"""One frame class a node kind; `frame_for` is the only place that knows them all."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.nodes.activity import ActivityFrame
from kagzi_dsl.runtime.core.nodes.call import CallFrame
from kagzi_dsl.runtime.core.nodes.foreach import ForeachFrame
from kagzi_dsl.runtime.core.nodes.parallel import ParallelFrame
from kagzi_dsl.runtime.core.nodes.pure import AssertFrame, FailFrame, ReturnFrame, SetFrame
from kagzi_dsl.runtime.core.nodes.race import RaceFrame
from kagzi_dsl.runtime.core.nodes.repeat import RepeatFrame
from kagzi_dsl.runtime.core.nodes.saga import SagaFrame
from kagzi_dsl.runtime.core.nodes.seq import SeqFrame
from kagzi_dsl.runtime.core.nodes.signal import SignalFrame
from kagzi_dsl.runtime.core.nodes.sleep import SleepFrame
from kagzi_dsl.runtime.core.nodes.switch import SwitchFrame
from kagzi_dsl.runtime.core.nodes.try_ import TryFrame
from kagzi_dsl.runtime.core.nodes.wait_for import WaitForFrame

_FRAMES: dict[type[model.Common], type[Frame[Any]]] = {
    model.Activity: ActivityFrame,
    model.Seq: SeqFrame,
    model.Parallel: ParallelFrame,
    model.Saga: SagaFrame,
    model.Sleep: SleepFrame,
    model.Switch: SwitchFrame,
    model.Foreach: ForeachFrame,
    model.Repeat: RepeatFrame,
    model.Try: TryFrame,
    model.Race: RaceFrame,
    model.WaitFor: WaitForFrame,
    model.Signal: SignalFrame,
    model.Call: CallFrame,
    model.Set: SetFrame,
    model.Assert: AssertFrame,
    model.Fail: FailFrame,
    model.Return: ReturnFrame,
}


def frame_for(node: model.Node) -> type[Frame[Any]]:
    """The frame class of a node's kind."""
    return _FRAMES[type(node)]
