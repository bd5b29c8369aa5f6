"""Writes the trials of a sweep as Optuna and TensorBoard keep them: `trials.py FOLDER`, which holds trials.json."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import optuna
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

optuna.logging.set_verbosity(optuna.logging.ERROR)
folder = Path(sys.argv[1])
trials = json.loads((folder / "trials.json").read_text())

journal = optuna.storages.journal.JournalFileBackend(str(folder / "journal.log"))
storage = optuna.storages.JournalStorage(journal)
study = optuna.create_study(study_name="sweep", storage=storage)
values = {
    name: optuna.distributions.FloatDistribution(0, 10) for name in ("tuning.lambda", "tuning.K")
}
frozen = [
    optuna.trial.create_trial(
        params={name: float(trial[name]) for name in values},
        distributions=values,
        value=trial["value"][-1],
        intermediate_values=dict(zip(trial["iteration"], trial["value"])),
    )
    for trial in trials
]
study.add_trials(frozen)

for index, trial in enumerate(trials):
    writer = EventFileWriter(str(folder / "events" / f"trial-{index:03d}"))
    for step, value in zip(trial["iteration"], trial["value"]):
        summary = Summary(value=[Summary.Value(tag="fd", simple_value=value)])
        writer.add_event(Event(step=step, wall_time=float(step), summary=summary))
    writer.close()

print(json.dumps({name: version(name) for name in ("optuna-dashboard", "tensorboard")}))
