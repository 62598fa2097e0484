# SPDX-License-Identifier: BSD-3-Clause
"""Loads what write_models wrote with Keras itself and compares its predictions with lamina's.

    read_models.py FOLDER
"""

import pathlib
import sys
import warnings

import keras
import numpy as np

TOLERANCE = 2e-6
STEPS = 6  # that a model in the part of the optimizers has been trained for

warnings.simplefilter("ignore")


def load_h5(path):
    # Keras 3.16 cannot rebuild its own compiled metrics from .h5 ("mse" is no KerasSaveable).
    try:
        return keras.models.load_model(path)
    except ValueError as error:
        if "KerasSaveable" not in str(error):
            raise
        return keras.models.load_model(path, compile=False)


def slots_of(optimizer):
    """What it keeps for each parameter, in any order; without its counters."""
    kept = [np.asarray(v.numpy()).ravel() for v in optimizer.variables if len(v.shape)]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0)


def main(folder):
    wrong = 0
    names = sorted(path.stem for path in folder.glob("*.x"))
    for name in names:
        archive = keras.models.load_model(folder / f"{name}.keras")
        alone = keras.models.clone_model(archive)
        alone.load_weights(folder / f"{name}.weights.h5")
        models = {
            ".keras": archive,
            ".h5": load_h5(folder / f"{name}.h5"),
            ".weights.h5": alone,
        }
        x = np.fromfile(folder / f"{name}.x", "<f4").reshape((3, *archive.inputs[0].shape[1:]))
        expected = np.fromfile(folder / f"{name}.y", "<f4")
        apart = {
            layout: float(np.abs(np.asarray(model.predict(x, verbose=0)).ravel() - expected).max())
            for layout, model in models.items()
        }
        good = all(value < TOLERANCE for value in apart.values())
        steps = int(archive.optimizer.iterations)
        if steps not in (0, STEPS):
            good = False
        slots = np.sort(np.fromfile(folder / f"{name}.slots", "<f4"))
        theirs = slots_of(archive.optimizer)
        if steps and not (slots.size == theirs.size and np.allclose(slots, theirs, atol=1e-7)):
            good = False
        wrong += not good
        print(
            f"{name:28}",
            *(f"{layout} {value:.1e}" for layout, value in apart.items()),
            f"{type(archive.optimizer).__name__} after {steps} steps",
            "" if good else "WRONG",
        )
    print(f"Keras {keras.__version__}: {len(names) - wrong} of {len(names)} models as lamina has them")
    return 1 if wrong or not names else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
