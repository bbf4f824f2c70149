"""scikit-learn's coder of labels, made without a fit for classes that are known."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import LabelBinarizer

__all__ = ["known_labels"]


def known_labels(kind: str, classes: np.ndarray) -> LabelBinarizer:
    """Return a fitted ``LabelBinarizer`` for these classes; ``kind`` is a `type_of_target`."""
    found = LabelBinarizer()
    found.classes_, found.y_type_, found.sparse_input_ = classes, kind, False
    return found
