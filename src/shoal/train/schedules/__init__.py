"""Learning-rate schedules: the rate of every step as a factor of the peak rate, computed on the host.

A schedule is data: a table of factors handed to the compiled program, so networks with different
schedules share one program, and any schedule can be drawn before training (`Schedule.factors`). Where
PyTorch counts calls of ``scheduler.step()``, shoal counts epochs, and the time runs on within an epoch.
"""

from shoal.train.schedules.kinds import Clock, Knob, ScheduleKind
from shoal.train.schedules.schedule import SCHEDULES, Schedule

__all__ = ["SCHEDULES", "Clock", "Knob", "Schedule", "ScheduleKind"]
