-- Attempts hold slots of their queue whether or not it has limits, as runs do, so that they count when it gets one.

update kagzi.tasks set holds = true where owner is not null and not sheltered and not holds;
