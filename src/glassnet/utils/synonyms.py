"""One table of words that mean the same, here and elsewhere: for options, parameters, names, commands and classes.

`glassnet.utils.suggestions` suggests from it whichever word exists where the other was written; no word is accepted in
place of another. Upper and lower case, ``-`` and ``_`` do not count: ``mse_loss`` is also ``MSELoss``.
"""

from __future__ import annotations

__all__ = ["SAME"]

_OPTIONS = """
    rate learning_rate_init learning_rate learn_rate lr eta eta0 step_size base_lr init_lr initial_learning_rate
    initial initial_learning_rate initial_value base_lr lr learning_rate
    maximum max_lr max_learning_rate peak_lr
    final eta_min min_lr end_learning_rate minimum
    factor gamma decay_rate decay_factor
    every step_size decay_steps every_epochs step
    every_epochs save_freq save_every period every_n_epochs save_period
    epochs t_max decay_steps total_steps warmup_steps warmup_epochs n_steps
    slope negative_slope alpha leak
    delta beta
    std stddev sigma stdev
    n_categories num_embeddings vocab_size n_embeddings num_categories input_dim
    dim embedding_dim output_dim
    repeats n_repeats num_repeats
    lowest start_lr min_lr low start
    highest end_lr max_lr high end stop
    n_rates num num_lrs
    baseline baselines background
    feature_names columns column_names
    settings grid param_grid params parameters space
    build build_fn model_fn make_model
    read dtype dtypes column_types types schema_overrides
    epochs max_iter iterations iters n_iter num_iterations max_epochs n_epochs num_epochs nb_epoch max_steps \
num_boost_round
    batch batch_size bs batchsize mini_batch_size minibatch train_batch_size per_device_train_batch_size
    layers hidden_layer_sizes hidden_size hidden hidden_layers hidden_units hidden_dim hidden_sizes n_hidden \
num_layers n_layers depth neurons units width widths
    units out_features hidden neurons nodes n_units num_units output_dim size width
    activation act activation_function hidden_activation nonlinearity
    dropout rate p drop_rate dropout_rate drop_prob dropout_prob
    weight_decay alpha l2 wd decay l2_regularization l2_reg reg_lambda regularization kernel_regularizer
    rho alpha decay_rate
    momentum beta1 nesterov_momentum
    beta1 beta_1 b1 momentum
    beta2 beta_2 b2
    eps epsilon adam_epsilon
    clip_norm clipnorm clip_grad clip_grad_norm grad_clip max_grad_norm gradient_clip gradient_clip_val \
gradient_clipping global_clipnorm clip
    ema use_ema ema_momentum ema_decay polyak
    nesterov nesterovs_momentum use_nesterov
    patience n_iter_no_change early_stopping early_stop early_stopping_rounds early_stopping_patience stopping_rounds
    min_delta tol min_improvement
    restore_best restore_best_weights keep_best
    validation validate validation_split validation_fraction validation_size val val_split val_size val_fraction valid \
valid_size dev
    validation_data valid_data val_data eval_set eval_data validation_set validation
    split split_column fold_column split_by
    test test_size test_split test_fraction holdout
    seed random_state random_seed rng manual_seed
    progress verbose verbosity
    quiet silent no_progress
    executor workers n_jobs num_workers n_workers jobs use_multiprocessing
    threads workers n_jobs num_workers n_threads num_threads nthread nthreads jobs cores use_multiprocessing
    ensemble n_ensemble members n_estimators num_estimators n_models num_models bagging
    folds n_folds cv kfold num_folds n_splits nfold cross_validation cross_validate
    max_seconds time_limit max_time timeout time_budget max_runtime max_minutes seconds limit
    quantiles levels quantile q tau
    task problem_type task_type objective
    recipe preset presets architecture arch model_type algorithm estimator
    metric metrics eval_metric scoring score monitor
    target label target_column label_column y_column response outcome y
    drop ignore exclude drop_columns drop_column exclude_columns ignore_columns
    skip_missing dropna drop_na drop_missing ignore_missing
    out output out_file output_file save save_to save_path out_model output_dir out_dir model_out model_path save_model
    report html html_report page
    probabilities proba probability probs predict_proba prob
    row index line row_number
    digits decimals precision round
    gradient loss criterion loss_fn
    json as_json output_json
    class_weight class_weights scale_pos_weight is_unbalance
    sample_weight sample_weights weights weight
    callbacks callback
    checkpoint ckpt checkpoint_path checkpoint_dir checkpoint_file model_checkpoint
    resume warm_start initial_epoch resume_from resume_training init_model continue
    steps_per_epoch steps samples_per_epoch
    shuffle reshuffle
    deterministic reproducible
    use_bias bias fit_intercept intercept
    initializer kernel_initializer weight_initializer weight_init init init_weights kernel_init initialization
    input_shape input_dim in_features input_size n_inputs n_in d_in
    dtype precision
    optimizer optim solver
    separator sep delimiter delim field_separator
    missing na_values na null_values nan_values nullstr
    encoding charset codec
    decimal decimal_point decimal_separator dec
    thousands thousands_separator group_separator
    skip_lines skiprows skip_rows skip skip_header
    bad_rows on_bad_lines bad_lines ignore_errors
    day_first dayfirst
    group groups group_column groupby group_id
    time time_column date_column
    split split_column split_col partition fold_column
    keep id id_column include passthrough
    output target class_index
"""

_NAMES = """
    glorot_uniform glorot xavier xavier_uniform
    glorot_normal xavier_normal
    he_normal he kaiming kaiming_normal
    he_uniform kaiming_uniform
    lecun_normal lecun
    normal random_normal gaussian truncated_normal
    uniform random_uniform
    identity linear none
    sigmoid logistic expit
    silu swish swish1
    leaky_relu lrelu
    absolute_error mae mean_absolute_error l1 l1_loss
    squared_error mse rmse mean_squared_error root_mean_squared_error mse_loss l2 l2_loss
    binary_cross_entropy bce bce_loss bce_with_logits bce_with_logits_loss bce_logits binary_crossentropy \
binary_log_loss sigmoid_cross_entropy logistic
    cross_entropy softmax_cross_entropy log_loss ce crossentropy cross_entropy_loss categorical_crossentropy \
sparse_categorical_crossentropy nll nll_loss logloss xent deviance
    binary_focal_cross_entropy binary_focal_crossentropy sigmoid_focal_crossentropy
    focal_cross_entropy softmax_focal_cross_entropy categorical_focal_crossentropy focal focal_loss
    gaussian_nll gaussian_nll_loss
    huber huber_loss smooth_l1 smooth_l1_loss
    poisson poisson_nll poisson_nll_loss poisson_deviance
    quantile pinball pinball_loss quantile_loss
    accuracy binary_accuracy acc error categorical_accuracy sparse_categorical_accuracy accuracy_score
    auc binary_auc roc_auc auroc roc auc_roc roc_auc_score
    f1 binary_f1 f1_score f_score fscore f1_macro macro_f1
    brier binary_brier brier_score brier_score_loss
    balanced_accuracy binary_balanced_accuracy balanced_accuracy_score bacc
    r2 r2_score r_squared r_square coefficient_of_determination
    classification classify classifier class binary multiclass categorical
    regression regress regressor reg numeric continuous
    realmlp mlp default best
    plain custom
    train fit learn
    predict infer inference apply forecast
    evaluate score validate test
    show info inspect describe summary view
    explain why shap interpret
    scratch tutorial lesson
    check lint profile validate_data
    sgd momentum gradient_descent gd stochastic_gradient_descent
"""

_CLASSES = """
    dense linear fully_connected fc dense_layer linear_layer
    network model module functional neural_network net mlp
    batch_norm batch_normalization batch_norm1d
    layer_norm layer_normalization
    dropout dropout1d alpha_dropout
    residual add residual_block skip_connection
    concatenate concat cat
    checkpoint model_checkpoint
    reduce_on_plateau reduce_lr_on_plateau
    cosine_decay cosine_annealing_lr cosine_annealing cosine_schedule
    cosine_waves cosine_decay_restarts cosine_annealing_warm_restarts sgdr
    step_decay step_lr multi_step_lr piecewise_constant_decay
    exponential_decay exponential_lr
    one_cycle one_cycle_lr
    warmup linear_lr linear_warmup
    constant constant_lr
    sequential_schedule sequential_lr
    schedule learning_rate_scheduler lambda_lr learning_rate_schedule
    custom_activation activation lambda
    load load_model from_file
    sweep grid_search grid_search_cv randomized_search_cv
    cross_validate cross_val_score
    find_learning_rate lr_find lr_finder learning_rate_finder
    check_gradients gradcheck grad_check check_grad
    moons make_moons two_moons
    circles make_circles
    gaussians make_blobs blobs make_gaussian_quantiles
    spirals make_spirals make_spiral
    digits load_digits
    n n_samples num_samples n_points num_points size n_rows
    noise std cluster_std sigma
    classes n_classes centers num_classes n_class
"""

_METHODS = """
    fit train learn fit_generator train_on_batch fit_one_cycle
    predict call predict_on_batch infer predict_generator
    evaluate score test test_on_batch evaluate_generator
    summary describe info
    params parameters weights get_weights trainable_variables variables trainable_weights state_dict
    loss_and_gradients backward
    hidden get_layer
    n_parameters count_params num_parameters
    columns history
"""


_TEXT = "".join((_CLASSES, _OPTIONS, _NAMES, _METHODS))
SAME: tuple[tuple[str, ...], ...] = tuple(tuple(line.split()) for line in _TEXT.splitlines() if line.strip())
"""Groups of words; of those that exist where another was written, the first of the first group is meant."""
