"""Words of other libraries for what is not here under any name, and the sentence that each is answered with.

Each entry begins with a word that is among the choices where it holds: ``eps_form`` is an argument of `Adam`, say. An
entry without a sentence says that the word has a meaning of its own, so that it is no slip for one of ours.
"""

from __future__ import annotations

__all__ = ["ABSENT"]

_TEXT = """
accuracy: pr_auc auprc average_precision average_precision_score ap map
    Average precision is not here; 'auc' is the area under the ROC curve.
accuracy: precision recall sensitivity specificity precision_score recall_score tpr fpr
    Precision and recall are not here as metrics; 'f1' and 'balanced_accuracy' combine them.
accuracy: top_k top_k_accuracy top5 mcc matthews_corrcoef cohen_kappa kappa hinge jaccard
rmse: mape smape msle rmsle mean_absolute_percentage_error median_absolute_error explained_variance max_error
squared_error: hinge mape msle log_cosh kl kld kl_div kl_div_loss kullback_leibler_divergence cosine_similarity
  triplet ctc dice hinge_loss cosine_embedding_loss
    A loss of your own is a gn.CustomLoss.
adamw: nadam adamax adadelta ftrl lbfgs l_bfgs_b rprop lamb radam asgd adafactor newton
    This optimizer is not here: gn.AdamW(0.001) is a good start, and a subclass of gn.Optimizer is yours.
AdamW: nadam adamax adadelta ftrl lbfgs rprop lamb radam asgd adafactor
    This optimizer is not here: gn.AdamW(0.001) is a good start, and a subclass of gn.Optimizer is yours.
realmlp: tabnet resnet ft_transformer fttransformer tabpfn transformer xgboost xgb lightgbm lgbm catboost gbm rf
  random_forest
plain: linear logistic ridge lasso linear_model
    A linear model is --layers none.
xor: xnor nand nor nxor not imply implies
eps_form: betas
    Write beta1=0.9, beta2=0.999.
beta1: betas
    Write beta1=0.9, beta2=0.99.
eps_form: amsgrad
    AMSGrad is not here.
beta1: nesterov
    Nesterov's momentum is in SGD: gn.SGD(0.01, momentum=0.9, nesterov=True).
clip_norm: weight_decay l2 wd
    Weight decay is in AdamW, gn.AdamW(0.001, weight_decay=0.01), and l2= in Network.
clip_norm: clipvalue clip_value clip_by_value grad_clip_value
    Clipping by value is not here; clip_norm=1.0 limits the norm of the gradient.
clip_norm: decay lr_decay
    Pass a schedule as the rate: learning_rate=gn.ExponentialDecay(0.001, 0.96).
clip_norm: params parameters model network
    The network hands over its parameters: Network(..., optimizer=...).
slope: inplace
eps: num_features normalized_shape axis dim in_features
    Features are counted when the first data come.
label_smoothing: from_logits logits
    A loss takes logits: the last layer has no activation.
label_smoothing: weight weights class_weight pos_weight
    Weights go to fit: class_weight=, sample_weight=.
label_smoothing: reduction size_average ignore_index
    A loss is the mean over all rows, weighted by sample_weight= of fit.
every_epochs: save_best_only monitor
    The best weights are kept by EarlyStopping; a checkpoint holds all that the rest of the run depends on.
bad_rows: usecols use_cols columns
    Columns are left out with read={'name': 'drop'}.
drop_last: lr learning_rate learning_rate_init rate eta optimizer optim
    The optimizer belongs to the network: gn.Network(..., optimizer=gn.Adam(0.01)).
drop_last: loss criterion loss_fn objective
    The loss belongs to the network: gn.Network(..., loss=...).
drop_last: seed random_state
    The seed belongs to the network: gn.Network(..., seed=0).
drop_last: validation_batch_size validation_steps validation_freq max_queue_size
input_shape: learning_rate lr rate
    It belongs to the optimizer: gn.Network(..., optimizer=gn.Adam(0.01)).
input_shape: epochs max_iter batch_size validation_split early_stopping verbose callbacks
    It belongs to fit.
input_shape: metrics
    They belong to fit and evaluate.
units: input_shape input_dim in_features input_size batch_input_shape
    Inputs are counted when the first data come, or by gn.Network(..., input_shape=(4,)).
units: kernel_regularizer bias_regularizer activity_regularizer weight_decay l2
    Penalties belong to the network or the optimizer: gn.Network(..., l2=1e-4), gn.AdamW(weight_decay=0.01).
units: bias_initializer kernel_constraint bias_constraint trainable dtype name device
n_ensemble: learning_rate learning_rate_init lr rate weight_decay alpha layers hidden_layer_sizes hidden units
  activation dropout optimizer solver loss
    It is part of the recipe; gn.Network trains layers of your own.
n_ensemble: model network estimator backbone architecture
    Did you mean recipe?
n_ensemble: criterion objective optim momentum beta1 beta2 betas eps epsilon nesterov clip_norm clipnorm
    It is part of the recipe; gn.Network trains layers of your own.
n_ensemble: normalize normalise scale scaling standardize standardise scaler
    Columns are scaled by themselves.
n_ensemble: columns features usecols feature_columns input_columns
    All columns are used but those that are left out with read={'name': 'drop'}.
n_ensemble: train_size train_split train_fraction
    A fifth of the rows chooses the epoch; cv= takes a splitter, such as ShuffleSplit(1, test_size=0.1).
n_ensemble: early_stopping patience n_iter_no_change early_stopping_rounds tol min_delta restore_best
    The best epoch is kept, chosen on held-out rows; epochs= says how many there are.
n_ensemble: validation_split validation_fraction validation_size val_split val_size test_size
    A fifth of the rows chooses the epoch; cv= takes a splitter, such as ShuffleSplit(1, test_size=0.1).
n_ensemble: validation_data eval_set validation_set val_data
    Rows that choose the epoch go to fit: fit(X, y, validation_data=(X_valid, y_valid)).
n_ensemble: groups sample_weight sample_weights
    They go to fit: fit(X, y, sample_weight=..., groups=...).
n_ensemble: callbacks callback checkpoint
    Callbacks are not here, gn.Network.fit has them; max_seconds= limits the time.
n_ensemble: device gpu cuda use_gpu accelerator
    All is computed on the CPU; threads= is the number of threads.
n_ensemble: warm_start resume init_model
    Each fit begins anew; gn.Network.fit goes on with the same weights.
quantiles: class_weight class_weights
    A regression has no classes; fit(X, y, sample_weight=...) weighs rows.
recipe: train_size train_split train_fraction
    --validation and --test are the shares that are held out; all other rows are trained on.
recipe: normalize normalise scale scaling standardize standardise scaler
    Columns are scaled by themselves.
recipe: columns features usecols feature_columns input_columns
    All columns are used but those that are left out with --drop.
recipe: model network
    --recipe NAME or --layers N,N says which network is trained, --out FILE where it goes.
quiet: verbose verbosity v progress
    Progress is shown on a terminal; --quiet leaves it and the report out.
recipe: optimizer optim solver
    The optimizer is part of the recipe; --rate and --weight-decay are its settings.
recipe: loss criterion
    The loss follows from --task and --quantiles.
layers: loss optimizer metrics seed
    They belong to the network: gn.Network(layers, loss=..., optimizer=...).
executor: pool client cluster backend parallel
    Other processes or machines are an executor: executor=concurrent.futures.ProcessPoolExecutor(4), say.
recipe: momentum beta1 beta2 betas eps epsilon nesterov clip_norm clipnorm device gpu cuda n_jobs threads workers
json: model data input input_file file csv table filename path
    Files come without an option, the model before the table.
train: help
    Write: glassnet --help
train: version
    Write: glassnet --version
train: compare leaderboard export serve tune cv playground plot convert install
Dense: conv1d conv2d conv3d conv_transpose2d max_pooling1d max_pooling2d max_pool1d max_pool2d average_pooling2d
  avg_pool2d global_average_pooling2d lstm gru rnn simple_rnn lstm_cell bidirectional attention multi_head_attention
  multihead_attention transformer transformer_encoder time_distributed up_sampling2d zero_padding2d separable_conv2d
  group_norm instance_norm
    This kind of layer is not here: glassnet has dense layers, for rows of numbers and for tables.
Network: input input_layer
    No layer for the input is needed; gn.Network(..., input_shape=(4,)) may give its shape.
Network: mlp_classifier
    It is in glassnet.sklearn: from glassnet.sklearn import MLPClassifier
Network: mlp_regressor
    It is in glassnet.sklearn: from glassnet.sklearn import MLPRegressor
Network: tabular_classifier
    It is in glassnet.tabular: from glassnet.tabular import TabularClassifier
Network: tabular_regressor
    It is in glassnet.tabular: from glassnet.tabular import TabularRegressor
Network: table_model
    It is in glassnet.tabular: from glassnet.tabular import TableModel
Network: read_table read_csv
    It is in glassnet.tabular: from glassnet.tabular import read_table
Network: tensor as_tensor from_numpy array variable
    NumPy arrays go in and come out.
Network: to_categorical one_hot one_hot_encoder get_dummies label_binarizer
    Class codes go in as they are: fit takes y = 0, 1, 2, ... with loss='cross_entropy'.
Network: label_encoder ordinal_encoder
    Write: labels, y = np.unique(labels, return_inverse=True)
Network: standard_scaler min_max_scaler robust_scaler scaler normalizer standardize normalize normalization
    It is in scikit-learn; or write (X - X.mean(axis=0)) / X.std(axis=0). glassnet.tabular scales columns by itself.
Network: confusion_matrix
    Write net.plot_confusion(X, y).
Network: classification_report
    Write print(net.report(X, y)).
Network: mnist fashion_mnist cifar10 cifar100 emnist load_mnist
    This data set is not here: gn.datasets.digits() has 1,797 pictures of 8 x 8 pixels.
Network: iris load_iris wine load_wine breast_cancer load_breast_cancer titanic diabetes load_diabetes
  california_housing fetch_california_housing boston load_boston fetch_openml make_classification make_regression
    This data set is not here; scikit-learn's go in as they are. gn.datasets has moons, spirals, digits and others.
Network: penguins load_penguins mpg load_mpg thyroid load_thyroid weather load_weather load_dataset
    Tables are read by name: gn.tabular.read_table('penguins'), 'mpg', 'thyroid' or 'weather'.
moons: mnist fashion_mnist cifar10 cifar100 emnist load_mnist
    This data set is not here: digits() has 1,797 pictures of 8 x 8 pixels.
moons: iris load_iris wine load_wine breast_cancer load_breast_cancer titanic diabetes load_diabetes
  california_housing fetch_california_housing boston load_boston fetch_openml make_classification make_regression
    This data set is not here; scikit-learn's go in as they are.
moons: penguins load_penguins mpg load_mpg thyroid load_thyroid weather load_weather load_dataset
    Tables are read by name: gn.tabular.read_table('penguins'), 'mpg', 'thyroid' or 'weather'.
flat: n_class n_classes return_x_y as_frame n n_samples
    All pictures are returned, as X and y: take X[:100].
Network: data_loader dataset tensor_dataset
    fit takes arrays, and batches from any iterable.
Network: nn optim keras models functional cuda device
    Layers, losses and optimizers are in glassnet itself: gn.Dense, gn.SquaredError, gn.Adam.
Network: save save_model
    Write net.save('model.safetensors'); gn.load reads it.
Network: train_test_split
    It is in scikit-learn; fit has validation_split=0.2.
loss_and_gradients: compile
    Nothing is compiled: loss and optimizer go to gn.Network(layers, loss=..., optimizer=...), metrics to fit.
loss_and_gradients: add
    Layers go to the network at once: gn.Network([gn.Dense(8, 'relu'), gn.Dense(1)], loss=...).
loss_and_gradients: predict_proba predict_classes
    predict returns probabilities where the loss is a cross-entropy; predict(X).argmax(axis=1) are classes.
loss_and_gradients: transform fit_transform get_params set_params
    Estimators are in glassnet.sklearn.
loss_and_gradients: train_step zero_grad step
    fit does all steps; loss_and_gradients does the passes of one.
loss_and_gradients: forward call
    Write net.predict(X), or net.activations(X) for every layer.
loss_and_gradients: eval
    There is no mode to switch: predict is without noise, fit with it.
loss_and_gradients: to cuda cpu gpu half double float
    Arrays stay on the CPU; gn.Network(..., dtype='float64') gives the precision.
loss_and_gradients: load_weights set_weights load_state_dict
    Write net.params[:] = ..., or read a file: gn.load(path).
loss_and_gradients: save_weights save_model
    Write net.save('model.safetensors').
spread: report
    A report is of one network: write population.best().report(X, y), or ensemble.networks[0].report(X, y).
ranking: report
    A report is of one network: write population.best().report(X, y).
make_cache: add
    The layers inside are given at once: gn.Sequential([gn.Dense(8, 'relu'), gn.Dense(1)]).
make_cache: compile fit predict evaluate summary save train
    A layer is trained in a network: gn.Network(layers, loss=...).
table: plot show draw
    Write net.plot_history(), or glassnet.plots.plot_history(history).
table: best best_loss best_score best_value
    history.best_epoch is the epoch that early stopping kept; min(history['loss']) the smallest value of a column.
table: to_frame to_pandas to_df to_dataframe dataframe frame df data_frame to_polars
    Write pandas.DataFrame(history.rows()).
table: last_epoch final
    history.last has the values of the newest epoch.
column: metric metrics key quantity
    Did you mean column?
row: class_names feature_names labels
    The names are those of the fit.
table: history
    history['loss'] is a column, history.columns are all.
"""


def _entries() -> list[tuple[str, str, str]]:
    """Return place, words and sentence of each entry of the text."""
    found: list[tuple[str, str, str]] = []
    for line in _TEXT.strip().splitlines():
        place, words, sentence = found[-1] if line[:1] == " " else ("", "", "")
        if line.startswith("    "):
            found[-1] = place, words, f"{sentence} {line.strip()}".lstrip()
        elif line.startswith("  "):
            found[-1] = place, f"{words} {line.strip()}", sentence
        else:
            place, _, words = line.partition(": ")
            found.append((place, words, ""))
    return found


ABSENT: list[tuple[str, str, str]] = _entries()
"""A word among the choices where this holds; the words; the sentence, or ""."""
