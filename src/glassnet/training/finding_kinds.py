"""Every kind of finding: severity, why it matters, what to do. Causes stand before their symptoms."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["KINDS", "SEVERITIES", "Kind"]

SEVERITIES = ("error", "warning", "note")

# One kind after the other: its code with stage and severity, why it matters, and what to do.
_TABLE = """
constant-target: data, error
    The target is the same in every row, so there is nothing to learn: a constant prediction is always right.
    Check how y was made, and which rows were left out.
single-class: data, error
    With one class there is nothing to learn: predicting it for every row is always right.
    Check how y was made, and which rows were left out.
all-columns-constant: data, error
    Every row looks the same to the network, so its predictions cannot differ.
    Check how X was made.
weights-on-one-class: data, error
    Rows of weight 0 do not count: with weight on one class only, predicting it for every row is always right.
    Check how sample_weight and class_weight were made.
weights-on-few-rows: data, warning
    The loss is a weighted mean: beside a few rows with so large a weight, all others hardly count.
    Check how sample_weight was made.
outlier-in-target: data, warning
    One number far from all others decides the loss: squared, it outweighs every other row.
    Check the row: correct it or leave it out, or train with loss='huber', which limits its influence.
code-for-missing: data, warning
    A value that stands for "missing" is read as a number, and lies far from those that were measured.
    Replace it before scaling, by the median of the column for instance, and add a column that says where it was.
outlier-in-inputs: data, warning
    One number far from all others squeezes the rest of its column together, and its row dominates the training.
    Check the row: correct it or leave it out, or clip the column at a quantile.
leaking-column: data, warning
    A column that gives the target away makes training look perfect, and is not known when the model is used.
    Leave the column out, unless it will be known for new rows.
shared-rows: data, warning
    Rows that were trained on are predicted from memory, so scores on them are too good.
    Split the data before rows are copied or resampled, and drop duplicates.
validation-differs: data, warning
    Scores on rows of another kind say nothing about how well the training went.
    Draw the validation rows at random from the same table, and prepare them in the same way.
id-column: data, warning
    A row number means nothing for new rows, and lets a network memorise the old ones.
    Leave the column out, unless it measures something, such as a time or a dose.
unscaled-inputs: data, warning
    One learning rate has to serve all columns; large numbers saturate or kill units before anything is learned.
    Scale the columns: (X - X.mean(axis=0)) / X.std(axis=0), with the numbers of the training rows for new rows.
skewed-target: data, warning
    A few very large numbers make up nearly all of the loss; what is learned about the others hardly counts.
    Train on np.log(y), or np.log1p(y) where y may be 0, scaled to mean 0 and spread 1; undo both on the predictions.
unscaled-target: data, warning
    Outputs start near 0 with a spread of about 1: reaching such targets takes very many steps, or diverges.
    Train on (y - y.mean()) / y.std() and undo it on the predictions.
sorted-rows: data, warning
    In sorted order, successive batches all push the weights in one direction.
    Leave shuffle=True, or shuffle the rows.
nothing-trainable: design, error
    Layers that are not trained keep their initial weights, and the loss stays as it is.
    Set trainable = True on the layers that are to learn.
one-softmax-unit: design, error
    The softmax of a single number is 1 for every row, and its slope is 0: there is nothing to learn.
    Use loss='binary_cross_entropy' with one unit, or one unit per class.
output-cannot-reach: design, error
    The activation of the last layer limits what the network can predict, whatever its weights.
    Remove the activation of the last layer.
loss-does-not-fit: design, warning
    A loss for numbers is flat where a classifier is sure and wrong, and its outputs are no probabilities.
    Use loss='binary_cross_entropy' for 0 and 1, and 'cross_entropy' for several classes.
hidden-activation: design, warning
    An activation that squeezes a layer's outputs into a small range passes little signal on, and little gradient back.
    Use 'relu' in the hidden layers; softmax and sigmoid belong to the output, where the loss applies them.
small-normalised-batches: design, warning
    Means and spreads of so few rows are mostly chance, and differ from those used in prediction.
    Use a larger batch_size, 32 for instance, or LayerNorm instead of BatchNorm.
linear-layers-in-a-row: design, warning
    Two linear layers in a row compute what one linear layer can.
    Give the first one an activation such as 'relu', or leave it out.
symmetric-weights: start, error
    Units that start alike and get the same gradient stay alike for ever: the layer is one unit wide.
    Start from random weights: leave initializer= out, or use 'he_normal' or 'glorot_uniform'.
weights-all-positive: start, warning
    Sums of positive weights grow with the number of inputs: units saturate, and all respond alike.
    Start from weights around 0: leave initializer= out.
start-too-large: start, warning
    The first steps go into undoing a start that is worse than guessing.
    Start from smaller weights: leave initializer= out.
dead-signal: start, error
    The output hardly depends on the input, so there is nothing to learn from.
    Leave initializer= out, so that it fits the activation; take fewer layers, or BatchNorm between them.
vanishing-gradient: start, warning
    The first layers get almost no gradient and stay as they were drawn.
    Use 'relu' instead of sigmoid or tanh, BatchNorm between the layers, Residual blocks, or fewer layers.
exploding-gradient: start, warning
    The gradient grows from layer to layer on its way back, so no learning rate suits all of them.
    Use smaller initial weights, BatchNorm between the layers, or clip_norm=1.0 in the optimizer.
saturated-units: start, warning
    A saturated unit has next to no slope, so the layers before it cannot learn.
    Scale the inputs and start from smaller weights, or use 'relu'.
diverged: training, error
    Steps that are too long make the loss larger, which makes the next steps longer still.
    Lower learning_rate, or scale X and y.
schedule-ended: training, warning
    With a learning rate near 0 nothing is learned any more, however long the training goes on.
    Give the schedule as many epochs as you train.
schedule-not-begun: training, warning
    While a schedule warms up the steps are short; the training ended before it was over.
    Shorten the warm-up, or train for more epochs.
rate-too-high: training, warning
    Every step jumps over the minimum, or so far that units die.
    Lower learning_rate.
rate-too-low: training, warning
    With such short steps a good result takes very many of them.
    Raise learning_rate; glassnet.find_learning_rate compares several.
clipping-is-the-rate: training, warning
    Where nearly every gradient is cut to one length, that length, not the gradient, sets the step.
    Raise clip_norm until only rare steps are clipped, and set the pace with learning_rate.
penalty-dominates: training, warning
    The penalty pulls the weights to 0 more strongly than the data pull them anywhere.
    Lower l1, l2, weight_decay or max_norm.
dropout-too-strong: training, warning
    With so few units left in each step there is hardly any signal.
    Lower the rate of Dropout.
too-few-units: training, warning
    The network is too narrow for what it has to learn.
    Give the hidden layers more units.
unlucky-start: training, warning
    Small networks can start where every direction looks flat.
    Train again with another seed=, or with more units.
frozen-layers: training, warning
    Layers that are not trained keep their initial weights, and the layers after them have to work with these.
    Set trainable = True on them, unless their weights come from another training.
few-updates: training, warning
    Each update moves the weights a little; a network needs hundreds to thousands of them.
    Train for more epochs, or with a smaller batch_size.
still-falling: training, note
    The training ended while the loss was still falling at a good pace.
    Train for more epochs; fit goes on where it ended.
dead-units: training, warning
    A rectifier that is 0 for every row has no slope, and never comes back in the first layer.
    Lower learning_rate, scale the inputs, or use 'leaky_relu'.
plateau-at-prior: training, warning
    The same prediction for every row would do about as well: hardly anything was learned from the columns.
    Check whether the columns are related to y; try other learning rates, more units, another seed.
cannot-overfit: training, warning
    A network that cannot even memorise ten rows is limited by its settings or by the data, not by its size.
    Check the ten rows: equal rows with different targets cannot be learned. Remove layers until it works.
constant-output: result, error
    A network that predicts the same for every row has learned nothing from the columns.
    See the other findings; scale the inputs, lower learning_rate, start from new weights.
no-better-than-baseline: result, warning
    A prediction that needs no network is as good.
    Check whether the columns are related to y, and train without what keeps the network from learning.
validation-at-chance: result, warning
    A network that is good on the training rows and no better than chance on others has memorised the rows.
    Check whether rows and targets of the validation data belong together, and whether y depends on X at all.
overfit: result, warning
    What the network learned after that holds for the training rows only, and predictions for other rows got worse.
    Pass early_stopping=EarlyStopping(), then try more rows, dropout, weight_decay or fewer units, in this order.
some-classes-only: result, warning
    Accuracy hides a class that is never predicted.
    Pass class_weight='balanced', or collect more rows of it.
class-too-rare: result, note
    A class with so few rows costs next to nothing when it is never predicted.
    Collect more rows of it, pass class_weight='balanced', and look at balanced_accuracy.
badly-calibrated: result, warning
    Overconfident probabilities mislead whoever acts on them.
    Divide the logits by a temperature fitted on held-out rows, or use label_smoothing.
worse-than-linear: result, warning
    A linear model is simpler, and its weights can be read.
    Use the linear model, or train the network for longer.
past-best-epoch: result, note
    Most of the training came after the epoch that was best for the validation rows.
    Train for fewer epochs, or pass early_stopping=EarlyStopping() with a smaller patience.
skewed-inputs: data, note
    A few very large numbers squeeze the rest of the column together.
    Use np.log or np.log1p of the column.
missing-classes: data, note
    Outputs of classes without rows only learn never to be predicted.
    Number the classes from 0 without gaps, or check where their rows are.
imbalance: data, note
    A high accuracy means little here: always predicting the frequent class has it too.
    Look at balanced_accuracy, f1 or auc; class_weight='balanced' weighs all classes alike.
constant-columns: data, note
    A constant column carries no information.
    Leave it out; it does no other harm.
duplicate-columns: data, note
    The same numbers twice add no information, and share their importance in every explanation.
    Leave one of them out.
column-order: prediction, error
    A network knows columns only by their position.
    Give the columns in the order of training.
unscaled-prediction: prediction, error
    The network was trained on scaled numbers and reads these as extreme ones.
    Scale new rows with the means and spreads of the training rows.
outside-training-range: prediction, warning
    Predictions far from the training rows are guesses that look like any other prediction.
    Check the rows, and their units.
"""


class Kind(NamedTuple):
    """What is the same for all findings of a kind."""

    stage: str  # when it shows: "data", "design", "start", "training", "result" or "prediction"
    severity: str  # one of `SEVERITIES`
    why: str  # why it matters, in a sentence
    advice: str  # what to do, in a sentence


def _read(table: str) -> dict[str, Kind]:
    """Return the kinds by code, from three lines of the table each."""
    lines = [line.strip() for line in table.strip().splitlines()]
    heads = [head.replace(":", ",").split(", ") for head in lines[::3]]
    rest = zip(heads, lines[1::3], lines[2::3], strict=True)
    return {code: Kind(stage, severity, *texts) for (code, stage, severity), *texts in rest}


KINDS = _read(_TABLE)
