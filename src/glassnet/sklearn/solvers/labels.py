"""scikit-learn's coder of labels for classes that are known already."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import LabelBinarizer

__all__ = ["known_labels"]


def known_labels(kind: str, classes: np.ndarray) -> LabelBinarizer:
    """Return what ``LabelBinarizer().fit`` would leave: ``kind`` is a `type_of_target`."""
    found = LabelBinarizer()
    found.classes_, found.y_type_, found.sparse_input_ = classes, kind, False
    return found
