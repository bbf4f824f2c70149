"""The service that people write themselves: FastAPI before a pipeline of scikit-learn, read from a file of joblib.

Run: PYTHON fastapi_peer.py PIPELINE PORT, with a Python that has fastapi, uvicorn and scikit-learn.
"""

from __future__ import annotations

import sys

import joblib
import numpy as np
import uvicorn
from fastapi import FastAPI

app = FastAPI()
model = joblib.load(sys.argv[1])
labels = [str(label) for label in model.classes_]


@app.post("/predict")
def predict(rows: list[list[float]]) -> list[dict[str, object]]:
    """Return label and probabilities of each row."""
    shares = model.predict_proba(np.array(rows))
    return [
        {"label": labels[int(row.argmax())], "probabilities": dict(zip(labels, row.tolist(), strict=True))}
        for row in shares
    ]


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
