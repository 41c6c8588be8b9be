"""Losses."""

import torch
import torch.nn.functional as F

from spec import Spec, array, integers, signed, uniform

Y = {"x": signed(3, 4), "t": signed(3, 4)}
W = array([0.5, 2, 1.25, 0.75])
Z = signed(3, 4)


def pair(name, call, function):
    return Spec(name, call, Y, function)


def classes(name, call, labels, function, x=Z, **more):
    """Labels, and perhaps weights, are constants."""
    constants = ("t", *more)
    return Spec(name, call, {"x": x, "t": array(labels), **more},
                lambda x, t, **rest: function(x, t.long(), **rest), constants=constants)


def binary(name, call, function, **more):
    return Spec(name, call, {"x": Z, "t": array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]]), **more},
                function, constants=("t", *more))


def focal(x, t, alpha, gamma):
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    return (alpha * t + (1 - alpha) * (1 - t)) * ce * (1 - p_t) ** gamma


def dice(p, t, smooth):
    return 1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth)


def ctc(x, n, i, m, **settings):
    return F.ctc_loss(torch.log_softmax(x, 2), n.long(), i.long(), m.long(), **settings)


CTC = {"x": signed(5, 2, 4, high=1.5), "n": array([[1, 2, 2], [3, 1, 1]]), "i": array([5, 4]),
       "m": array([3, 1])}
CTC_CONSTANTS = ("n", "i", "m")

SPECS = [
    pair("mse", "mean_squared_error(x, t)", lambda x, t: F.mse_loss(x, t)),
    pair("l1", 'mean_absolute_error(x, t, "sum")', lambda x, t: F.l1_loss(x, t, reduction="sum")),
    pair("mse_none", 'mse_loss(x, t, reduction="none")', lambda x, t: F.mse_loss(x, t, reduction="none")),
    pair("l1_none", 'l1_loss(x, t, reduction="none")', lambda x, t: F.l1_loss(x, t, reduction="none")),
    pair("half_squared_error_none", 'half_squared_error(x, t, reduction="none")',
         lambda x, t: F.mse_loss(x, t, reduction="none") / 2),
    pair("huber", "huber(x, t, delta=0.7)", lambda x, t: F.huber_loss(x, t, delta=0.7)),
    pair("huber_none", 'huber_loss(x, t, reduction="none")',
         lambda x, t: F.huber_loss(x, t, reduction="none")),
    pair("smooth_l1", 'smooth_l1(x, t, beta=0.7, reduction="sum")',
         lambda x, t: F.smooth_l1_loss(x, t, beta=0.7, reduction="sum")),
    pair("smooth_l1_beta_0", "smooth_l1_loss(x, t, beta=0)", lambda x, t: F.smooth_l1_loss(x, t, beta=0)),
    pair("kl_divergence", "kl_divergence(log_softmax(x, 1), softmax(t, 1))",
         lambda x, t: F.kl_div(x.log_softmax(1), t.softmax(1))),
    pair("kl_batchmean", 'kl_div(log_softmax(x, 1), softmax(t, 1), reduction="batchmean")',
         lambda x, t: F.kl_div(x.log_softmax(1), t.softmax(1), reduction="batchmean")),
    pair("kl_log_target", 'kl_div(x, log_softmax(t, 1), log_target=true, reduction="sum")',
         lambda x, t: F.kl_div(x, t.log_softmax(1), log_target=True, reduction="sum")),
    Spec("poisson_nll", "poisson_nll(x, t)", {"x": Z, "t": integers(3, 4, high=6)},
         lambda x, t: F.poisson_nll_loss(x, t), constants=("t",)),
    Spec("poisson_nll_rates", 'poisson_nll(x, t, log_input=false, full=true, reduction="none")',
         {"x": uniform(3, 4), "t": integers(3, 4, high=6)},
         lambda x, t: F.poisson_nll_loss(x, t, log_input=False, full=True, reduction="none"),
         constants=("t",)),
    Spec("gaussian_nll", "gaussian_nll(x, t, v)", {**Y, "v": uniform(3, 4)},
         lambda x, t, v: F.gaussian_nll_loss(x, t, v)),
    Spec("gaussian_nll_one_variance", 'gaussian_nll(x, t, v, full=true, reduction="sum")',
         {**Y, "v": uniform(3, 1)},
         lambda x, t, v: F.gaussian_nll_loss(x, t, v, full=True, reduction="sum")),
    classes("cross_entropy", "cross_entropy(x, t)", [3, 0, 2], lambda x, t: F.cross_entropy(x, t)),
    classes("cross_entropy_one_row", "cross_entropy(x, t)", 2, lambda x, t: F.cross_entropy(x, t),
            signed(4)),
    classes("cross_entropy_weights", "cross_entropy(x, t, w)", [3, 0, 2],
            lambda x, t, w: F.cross_entropy(x, t, w), w=W),
    classes("cross_entropy_ignored", "cross_entropy(x, t, w, ignore_index=0)", [3, 0, 2],
            lambda x, t, w: F.cross_entropy(x, t, w, ignore_index=0), w=W),
    classes("cross_entropy_ignored_by_default", "cross_entropy(x, t)", [3, -100, 2],
            lambda x, t: F.cross_entropy(x, t)),
    classes("cross_entropy_smoothed", "cross_entropy(x, t, w, label_smoothing=0.15)", [3, 0, 2],
            lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=0.15), w=W),
    classes("cross_entropy_none", 'cross_entropy(x, t, w, reduction="none")', [3, 0, 2],
            lambda x, t, w: F.cross_entropy(x, t, w, reduction="none"), w=W),
    classes("cross_entropy_maps", 'cross_entropy(x, t, reduction="sum")', [[0, 2, 2], [1, 0, 1]],
            lambda x, t: F.cross_entropy(x, t, reduction="sum"), signed(2, 3, 3)),
    Spec("cross_entropy_soft", "cross_entropy(x, t, w, label_smoothing=0.1)",
         {"x": Z, "t": uniform(3, 4, low=0, high=0.5), "w": W},
         lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=0.1), constants=("t", "w")),
    Spec("cross_entropy_sure", "cross_entropy(x, t)",
         {"x": array([[60, 0, -60], [0, 0.5, 45]]), "t": array([0, 1])},
         lambda x, t: F.cross_entropy(x, t.long()), constants=("t",)),
    classes("softmax_cross_entropy", "softmax_cross_entropy(x, t)", [3, 0, 2],
            lambda x, t: F.cross_entropy(x, t)),
    classes("softmax_cross_entropy_none", 'softmax_cross_entropy(x, t, reduction="none")', [3, 0, 2],
            lambda x, t: F.cross_entropy(x, t, reduction="none")),
    classes("multiclass_hinge_none", 'multiclass_hinge(x, t, margin=0.6, reduction="none")', [3, 0, 2],
            lambda x, t: 4 * F.multi_margin_loss(x, t, margin=0.6, reduction="none")),
    classes("nll", "nll_loss(log_softmax(x, 1), t, w)", [3, 0, 2],
            lambda x, t, w: F.nll_loss(x.log_softmax(1), t, w), w=W),
    classes("nll_none", 'nll_loss(x, t, ignore_index=2, reduction="none")', [3, 0, 2],
            lambda x, t: F.nll_loss(x, t, ignore_index=2, reduction="none")),
    binary("bce_logits", "binary_cross_entropy_with_logits(x, t)",
           lambda x, t: F.binary_cross_entropy_with_logits(x, t)),
    binary("bce_logits_pos_weight", 'binary_cross_entropy_with_logits(x, t, "sum", q)',
           lambda x, t, q: F.binary_cross_entropy_with_logits(x, t, pos_weight=q, reduction="sum"),
           q=W),
    binary("bce_logits_none", 'binary_cross_entropy_with_logits(x, t, reduction="none")',
           lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none")),
    binary("bce_logits_pos_weight_none",
           'binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=q)',
           lambda x, t, q: F.binary_cross_entropy_with_logits(x, t, pos_weight=q, reduction="none"),
           q=W),
    binary("bce_none", 'binary_cross_entropy(sigmoid(x), t, reduction="none")',
           lambda x, t: F.binary_cross_entropy(torch.sigmoid(x), t, reduction="none")),
    binary("bce", "binary_cross_entropy(sigmoid(x), t)",
           lambda x, t: F.binary_cross_entropy(torch.sigmoid(x), t)),
    binary("focal", "focal(x, t, 0.3, 1.5)", lambda x, t: focal(x, t, 0.3, 1.5).mean()),
    binary("focal_none", 'sigmoid_focal_loss(x, t, reduction="none")', lambda x, t: focal(x, t, 0.25, 2)),
    binary("dice", "dice(sigmoid(x), t)", lambda x, t: dice(torch.sigmoid(x), t, 1)),
    binary("hinge", "hinge(x, 2 * t - 1, margin=0.8)",
           lambda x, t: torch.clamp(0.8 - (2 * t - 1) * x, min=0).mean()),
    classes("multi_margin", "multi_margin(x, t)", [3, 0, 2], lambda x, t: F.multi_margin_loss(x, t)),
    classes("multi_margin_squared", 'multi_margin(x, t, 2, 1.5, w, reduction="none")', [3, 0, 2],
            lambda x, t, w: F.multi_margin_loss(x, t, 2, 1.5, w, reduction="none"), w=W),
    Spec("cosine_similarity", "cosine_similarity(a, b)", {"a": signed(3, 4), "b": signed(3, 4)},
         lambda a, b: F.cosine_similarity(a, b)),
    Spec("cosine_similarity_axis_0", "cosine_similarity(a, b, dim=0)",
         {"a": signed(3, 4), "b": signed(3, 4)}, lambda a, b: F.cosine_similarity(a, b, 0)),
    Spec("cosine_embedding", "cosine_embedding(a, b, t, -0.3)",
         {"a": signed(4, 3), "b": signed(4, 3), "t": array([1, -1, -1, 1])},
         lambda a, b, t: F.cosine_embedding_loss(a, b, t, -0.3), constants=("t",)),
    Spec("cosine_embedding_none", 'cosine_embedding_loss(a, b, t, margin=0.1, reduction="none")',
         {"a": signed(4, 3), "b": signed(4, 3), "t": array([1, -1, -1, 1])},
         lambda a, b, t: F.cosine_embedding_loss(a, b, t, 0.1, reduction="none"), constants=("t",)),
    Spec("triplet_margin", "triplet_margin(a, p, n, 1.5)",
         {"a": signed(3, 4), "p": signed(3, 4), "n": signed(3, 4)},
         lambda a, p, n: F.triplet_margin_loss(a, p, n, 1.5)),
    Spec("triplet_margin_swap", 'triplet_margin(a, p, n, p=3, swap=true, reduction="sum")'.replace("a, p, n", "a, b, c"),
         {"a": signed(3, 4), "b": signed(3, 4), "c": signed(3, 4)},
         lambda a, b, c: F.triplet_margin_loss(a, b, c, p=3, swap=True, reduction="sum")),
    Spec("ctc", "ctc_loss(log_softmax(x), n, i, m)", CTC, ctc, constants=CTC_CONSTANTS),
    Spec("ctc_none", 'ctc_loss(log_softmax(x), n, i, m, blank=3, reduction="none")',
         {**CTC, "n": array([[1, 2, 2], [0, 1, 1]])},
         lambda x, n, i, m: ctc(x, n, i, m, blank=3, reduction="none"), constants=CTC_CONSTANTS),
    Spec("ctc_impossible", 'ctc_loss(log_softmax(x), n, i, m, reduction="sum", zero_infinity=true)',
         {**CTC, "i": array([5, 2]), "m": array([3, 3])},
         lambda x, n, i, m: ctc(x, n, i, m, reduction="sum", zero_infinity=True),
         constants=CTC_CONSTANTS),
]
