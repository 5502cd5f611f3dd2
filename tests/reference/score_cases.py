"""Metrics in f64 to 1e-12: scikit-learn, SciPy, sacrebleu, rouge-score and pycocotools, else the formula in NumPy.

Each kind is tried on scores with ties, on classes that never occur, on one class only, and on equal scores.
"""

import contextlib
import io
import warnings

import numpy as np
import sklearn.calibration
import sklearn.metrics as sk
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF
from scipy import stats
from sklearn.utils.class_weight import compute_class_weight

from tensors import labels, rand, randn, values

TIGHT = 1e-12


def case(a, module, name, text, fn, function=None, **kw):
    """`fn` gets the inputs as NumPy arrays; its results (numbers, arrays, or a tuple of these) are those of `text`."""

    def reference(*args):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = fn(*(x.numpy() for x in args))
        f64 = lambda r: torch.as_tensor(np.array(r, dtype=np.float64))
        return tuple(map(f64, results)) if isinstance(results, tuple) else f64(results)

    a.case(name, text, reference, uses=[f"std.metrics.{module}: {function or text.split('(')[0]}"], smooth=False, tolerance=TIGHT, **kw)


def classes(a):
    """Scores of predicted classes."""
    a.seed("classes")
    every = dict(labels=range(4), zero_division=0)
    for name, n, upto, guessed in [("", 40, 4, 4), (", absent classes", 9, 2, 3), (", one class is true", 7, 1, 3), (", one class in all", 5, 1, 1)]:
        y, pred = labels(upto, n), labels(guessed, n)
        kinds = {"types": {"y": f"idx<4>[{n}]", "pred": f"idx<4>[{n}]"}, "y": y, "pred": pred}
        score = lambda module, text, fn: case(a, module, text + name, text, lambda y, pred: fn(y, pred), **kinds)
        for average in ("none", "macro", "weighted", "micro"):
            how = dict(every, average=None if average == "none" else average)
            score("f_score", f'precision(pred, y, average: "{average}")', lambda y, p: sk.precision_score(y, p, **how))
            score("f_score", f'recall(pred, y, average: "{average}")', lambda y, p: sk.recall_score(y, p, **how))
            score("f_score", f'f1(pred, y, average: "{average}")', lambda y, p: sk.f1_score(y, p, **how))
            score("f_score", f'f_beta(pred, y, beta: 0.5, average: "{average}")', lambda y, p: sk.fbeta_score(y, p, beta=0.5, **how))
        score("f_score", "specificity(pred, y)", lambda y, p: [sk.recall_score(y != c, p != c, zero_division=0) for c in range(4)])
        score("confusion", "confusion_matrix(pred, y)", lambda y, p: sk.confusion_matrix(y, p, labels=range(4)))
        score("accuracy", "balanced_accuracy(pred, y)", sk.balanced_accuracy_score)
        score("accuracy", "balanced_accuracy(pred, y, adjusted: true)", lambda y, p: sk.balanced_accuracy_score(y, p, adjusted=True))
        score("agreement", "matthews(pred, y)", sk.matthews_corrcoef)
        for weights in ("none", "linear", "quadratic"):
            how = None if weights == "none" else weights
            kappa = lambda y, p: sk.cohen_kappa_score(y, p, weights=how, labels=range(4))
            score("agreement", f'cohen_kappa(pred, y, weights: "{weights}")', kappa)
        present = sorted({*y.tolist(), *pred.tolist()})
        score("segmentation", "class_iou(pred, y)", lambda y, p: sk.jaccard_score(y, p, average=None, **every))
        score("segmentation", "mean_iou(pred, y)", lambda y, p: sk.jaccard_score(y, p, average="macro", labels=present, zero_division=0))
        score("segmentation", "frequency_weighted_iou(pred, y)", lambda y, p: sk.jaccard_score(y, p, average="weighted", labels=present, zero_division=0))
        score("segmentation", "dice_score(pred, y)", lambda y, p: sk.f1_score(y, p, average=None, **every))
        score("segmentation", "pixel_accuracy(pred, y)", sk.accuracy_score)
    two = {"types": {"y": "idx<2>[20]", "pred": "idx<2>[20]"}, "y": labels(2, 20), "pred": labels(2, 20)}
    for text, fn in [("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score),
                     ("specificity", lambda y, p: sk.recall_score(y, p, pos_label=0))]:
        case(a, "f_score", f"{text} of class 1", f'{text}(pred, y, average: "binary")', fn, **two)


def ranking(a):
    """Scores of an order: areas, curves, correlations."""
    a.seed("ranking")
    score, y = rand(30), labels(2, 30)
    tied = torch.round(score, decimals=1)
    sets = {"": (score, y), ", ties": (tied, y), ", all equal": (torch.full((6,), 0.5), labels(2, 6)), ", perfect": (1.0 * y, y),
            ", no positives": (score[:5], torch.zeros(5, dtype=torch.int64)), ", no negatives": (score[:5], torch.ones(5, dtype=torch.int64))}
    for name, (s, y) in sets.items():
        n = len(y)
        f = lambda text, fn, module, function=None: case(a, module, (function or text) + name, text, fn, function, types={"y": f"idx<2>[{n}]"}, score=s, y=y)
        f("roc_auc(score, y)", lambda s, y: sk.roc_auc_score(y, s), "roc")
        f("average_precision(score, y)", lambda s, y: sk.average_precision_score(y, s), "precision_recall")
        k = len(set(s.tolist())) + 1
        f(f"{{ [k] c = roc_curve(score, y)\n(c.fpr :> [{k}], c.tpr :> [{k}], c.threshold :> [{k}]) }}",
          lambda s, y: tuple(sk.roc_curve(y, s, drop_intermediate=False)), "roc", function="roc_curve")
        if y.any():
            f(f"{{ [k] c = precision_recall_curve(score, y)\n(c.precision :> [{k}], c.recall :> [{k}], c.threshold[:-1] :> [{k - 1}]) }}",
              lambda s, y: tuple(sk.precision_recall_curve(y, s)), "precision_recall", function="precision_recall_curve")
    p, y = rand(24, 4, low=0.05), labels(4, 24)
    p = p / p.sum(1, keepdim=True)
    for name, p in [("", p), (", ties", torch.round(p, decimals=1)), (", all equal", torch.full((24, 4), 0.25))]:
        kinds = {"types": {"y": "idx<4>[24]"}, "p": p, "y": y}
        # scikit-learn demands rows that sum to 1; rounded ones do not, and their areas are taken class by class.
        own = lambda p, y: [sk.roc_auc_score(y == c, p[:, c]) for c in range(4)]
        case(a, "roc", "roc_auc_ovr" + name, 'roc_auc_ovr(p, y)', lambda p, y: np.mean(own(p, y)), **kinds)
        case(a, "roc", "roc_auc_ovr none" + name, 'roc_auc_ovr(p, y, average: "none")', own, **kinds)
        case(a, "roc", "roc_auc_ovr weighted" + name, 'roc_auc_ovr(p, y, average: "weighted")', lambda p, y: np.dot(own(p, y), np.bincount(y)) / len(y), **kinds)
        case(a, "roc", "roc_auc_ovo" + name, "roc_auc_ovo(p, y)", one_against_one, **kinds)
    x, z = randn(25), randn(25)
    for name, x, z in [("", x, z), (", ties", torch.round(x), torch.round(z)), (", falling", x, -(x**3)), (", one is constant", torch.ones(6), x[:6])]:
        pair = {"x": x, "z": z}
        case(a, "correlation", "pearson" + name, "pearson(x, z)", lambda x, z: stats.pearsonr(x, z)[0], **pair)
        case(a, "correlation", "spearman" + name, "spearman(x, z)", lambda x, z: stats.spearmanr(x, z)[0], **pair)
        case(a, "correlation", "kendall" + name, "kendall(x, z)", lambda x, z: stats.kendalltau(x, z)[0], **pair)
        case(a, "correlation", "concordance" + name, "concordance(x, z)",
             lambda x, z: 2 * np.cov(x, z, ddof=0)[0, 1] / (x.var() + z.var() + (x.mean() - z.mean()) ** 2), **pair)


def one_against_one(p, y):
    area = lambda a, b: sk.roc_auc_score((y == a)[(y == a) | (y == b)], p[(y == a) | (y == b), a])
    result = np.mean([area(a, b) for a in range(4) for b in range(4) if a != b])
    if np.allclose(p.sum(1), 1):
        assert np.isclose(result, sk.roc_auc_score(y, p, multi_class="ovo"))
    return result


def numbers(a):
    """Scores of probabilities and of numbers, and gaps between groups."""
    a.seed("numbers")
    p, y = rand(12, 4, low=0.02), labels(4, 12)
    p = p / p.sum(1, keepdim=True)
    sure = torch.eye(4)[labels(4, 12)]
    for name, p in [("", p), (", sure", sure), (", all equal", torch.full((12, 4), 0.25))]:
        kinds = {"types": {"y": "idx<4>[12]"}, "p": p, "y": y}
        case(a, "probability", "log_loss" + name, "log_loss(p, y)", lambda p, y: sk.log_loss(y, p, labels=range(4)), **kinds)
        case(a, "probability", "brier" + name, "brier(p, y)", lambda p, y: sk.brier_score_loss(y, p, labels=range(4), scale_by_half=False), **kinds)
        for bins in (4, 15):
            case(a, "calibration", f"ece {bins}{name}", f"ece(p, y, bins: {bins})", lambda p, y: calibration(p, y, bins)[0], **kinds)
            case(a, "calibration", f"mce {bins}{name}", f"mce(p, y, bins: {bins})", lambda p, y: calibration(p, y, bins)[1], **kinds)
    q, y = rand(40), labels(2, 40)
    kinds = {"types": {"y": "idx<2>[40]"}, "q": q, "y": y}
    case(a, "probability", "log_loss of two classes", "log_loss(stack([1 - q, q], at: -1), y)", lambda q, y: sk.log_loss(y, q), **kinds)
    case(a, "probability", "binary_brier", "binary_brier(q, y)", lambda q, y: sk.brier_score_loss(y, q), **kinds)
    case(a, "calibration", "reliability", "{ r = reliability(q, y == 1, bins: 5)\n(r.accuracy, r.confidence) }",
         lambda q, y: sklearn.calibration.calibration_curve(y, q, n_bins=5), function="reliability", **kinds)
    for name, y, pred in [("", randn(9), randn(9)), (", perfect", randn(5), None), (", shifted", randn(5), 3.0), (", a constant target", torch.ones(5), 0.25),
                          (", a constant hit", torch.ones(5), None)]:
        pred = y.clone() if pred is None else pred if torch.is_tensor(pred) else y + pred
        pair = {"p": pred, "y": y.clone()}
        for text, fn in [("mae", sk.mean_absolute_error), ("mse", sk.mean_squared_error), ("rmse", sk.root_mean_squared_error), ("max_error", sk.max_error),
                         ("mape", sk.mean_absolute_percentage_error), ("median_absolute_error", sk.median_absolute_error), ("r2", sk.r2_score),
                         ("explained_variance", sk.explained_variance_score)]:
            case(a, "regression", text + name, f"{text}(p, y)", lambda p, y: fn(y, p), **pair)
    case(a, "regression", "mape of a target 0", "mape(p, y)", lambda p, y: sk.mean_absolute_percentage_error(y, p), p=values(1.0, 2.0), y=values(0.0, 2.5))
    for name, groups in [("", 3), (", absent groups", 5)]:
        group, y, pred = labels(3, 40), labels(2, 40), labels(2, 40)
        kinds = {"types": {"y": "idx<2>[40]", "pred": "idx<2>[40]", "group": f"idx<{groups}>[40]"}, "pred": pred, "y": y, "group": group}
        rate = lambda pred, given, group: [pred[given & (group == g)].mean() for g in np.unique(group)]
        case(a, "fairness", "demographic_parity_difference" + name, "demographic_parity_difference(pred, group)", lambda p, y, g: np.ptp(rate(p, y >= 0, g)), **kinds)
        case(a, "fairness", "demographic_parity_ratio" + name, "demographic_parity_ratio(pred, group)",
             lambda p, y, g: min(rate(p, y >= 0, g)) / max(rate(p, y >= 0, g)), **kinds)
        case(a, "fairness", "equal_opportunity_difference" + name, "equal_opportunity_difference(pred, y, group)", lambda p, y, g: np.ptp(rate(p, y == 1, g)), **kinds)
        case(a, "fairness", "equalized_odds_difference" + name, "equalized_odds_difference(pred, y, group)",
             lambda p, y, g: max(np.ptp(rate(p, y == c, g)) for c in (0, 1)), **kinds)


def calibration(p, y, bins):
    """Expected and maximum calibration error: Guo et al., 2017, equations 3 and 5."""
    confidence, right = p.max(1), p.argmax(1) == y
    edges = np.linspace(0, 1, bins + 1)
    gaps = []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            gaps.append((inside.sum() / len(y), abs(right[inside].mean() - confidence[inside].mean())))
    return sum(share * gap for share, gap in gaps), max(gap for _, gap in gaps)


def sequences(a):
    """Scores of sequences of tokens; a token is a character whose code begins at that of `a`."""
    a.seed("sequences")
    text = lambda row, n: [chr(97 + t) for t in row[:n]]
    words = lambda rows, lengths: [" ".join(text(r, n)) for r, n in zip(rows, lengths)]
    for name, n, width, tokens, lengths in [("", 4, 12, 5, [12, 9, 10, 7]), (", short", 3, 4, 3, [2, 1, 4]), (", one", 1, 3, 4, [2]), (", nothing in common", 2, 6, 1, [6, 5])]:
        pred, n_pred = labels(tokens, n, width), torch.tensor(lengths)
        wide = width + 2
        reference = labels(tokens, n, 2, wide) + (7 if tokens == 1 else 0)
        reference[:, 0, : width - 2] = torch.where(torch.rand(n, width - 2) < 0.8, pred[:, : width - 2], reference[:, 0, : width - 2]) if tokens > 1 else 7
        n_reference = torch.stack([n_pred + 1, torch.clamp(n_pred - 1, min=1)], 1)
        inputs = dict(pred=pred, n=n_pred, y=reference, m=n_reference)

        def corpus(metric, join):
            def score(pred, n, y, m):
                hypotheses = [join(text(r, k)) for r, k in zip(pred, n)]
                references = [[join(text(r, k)) for r, k in zip(y[:, i], m[:, i])] for i in range(2)]
                return metric.corpus_score(hypotheses, references).score / 100
            return score

        for options, how in [("", {}), (', smooth: "none"', dict(smooth_method="none")), (', smooth: "floor"', dict(smooth_method="floor")),
                             (', smooth: "floor", value: 0.05', dict(smooth_method="floor", smooth_value=0.05)), (', smooth: "add-k"', dict(smooth_method="add-k")),
                             (", effective_order: true", dict(effective_order=True)), (", order: 2", dict(max_ngram_order=2))]:
            metric = BLEU(tokenize="none", force=True, **how)
            case(a, "bleu", f"bleu{options}{name}", f"bleu(pred, n, y, m{options})", corpus(metric, " ".join), **inputs)
        one = dict(pred=pred, n=n_pred, y=reference[:, 0], m=n_reference[:, 0])
        for options, how in [("", {}), (", order: 3, beta: 1.0", dict(char_order=3, beta=1))]:
            fn = lambda p, n, r, m: CHRF(**how).corpus_score(["".join(text(x, k)) for x, k in zip(p, n)], [["".join(text(x, k)) for x, k in zip(r, m)]]).score / 100
            case(a, "chrf", f"chrf{options}{name}", f"chrf(pred, n, y, m{options})", fn, **one)

        def rouge(p, n, r, m):
            scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=type("Blanks", (), {"tokenize": staticmethod(str.split)}))
            found = [scorer.score(y, x)["rougeL"] for x, y in zip(words(p, n), words(r, m))]
            return tuple(np.mean([getattr(s, k) for s in found]) for k in ("precision", "recall", "fmeasure"))

        case(a, "rouge", "rouge_l" + name, "{ s = rouge_l(pred, n, y, m)\n(s.precision, s.recall, s.f1) }", rouge, function="rouge_l", **one)
        case(a, "edit", "edit_distance" + name, "edit_distance(pred, n, y, m) * 1.0",
             lambda p, n, r, m: [edit_distance(text(x, i), text(y, j)) for x, i, y, j in zip(p, n, r, m)], **one)
        case(a, "edit", "word_error_rate" + name, "word_error_rate(pred, n, y, m)",
             lambda p, n, r, m: sum(edit_distance(text(x, i), text(y, j)) for x, i, y, j in zip(p, n, r, m)) / m.sum(), **one)


def edit_distance(a, b):
    """The table of Wagner and Fischer, 1974."""
    d = np.add.outer(np.arange(len(a) + 1), np.arange(len(b) + 1))
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (x != y))
    return d[-1, -1]


def detection(a):
    """Average precision: the evaluation code of COCO."""
    a.seed("detection")
    n, d, g, c = 6, 9, 5, 3
    corner = lambda *shape: torch.round(30 * torch.rand(*shape), decimals=1)
    truth = torch.cat([corner(n, g, 2), corner(n, g, 2)], 2)
    truth[..., 2:] = truth[..., :2] + torch.round(2 + 20 * torch.rand(n, g, 2), decimals=1)
    boxes = torch.cat([corner(n, d, 2), corner(n, d, 2)], 2)
    boxes[..., 2:] = boxes[..., :2] + torch.round(2 + 20 * torch.rand(n, d, 2), decimals=1)
    near = torch.cat([truth, truth[:, : d - g]], 1) + torch.round(torch.randn(n, d, 4), decimals=1)
    boxes = torch.where(torch.rand(n, d, 1) < 0.7, near, boxes)
    truth_classes = labels(c, n, g)
    own = torch.cat([truth_classes, truth_classes[:, : d - g]], 1)
    guess = torch.where(torch.rand(n, d) < 0.8, own, labels(c, n, d))
    scores = torch.round(torch.rand(n, d), decimals=1)
    there = torch.arange(g) < labels(g, n)[:, None] + 1
    found = torch.arange(d) < labels(d, n)[:, None] + 1
    crowd = (torch.rand(n, g) < 0.3) & there
    inputs = dict(boxes=boxes, scores=scores, guess=guess, found=found, truth=truth, kind=truth_classes, there=there, crowd=crowd)
    kinds = lambda c: {"types": {"guess": f"idx<{c}>[{n}, {d}]", "kind": f"idx<{c}>[{n}, {g}]"}}
    arguments = "boxes, scores, guess, found, truth, kind, there"
    for name, c, options, how in [("", 3, "", {}), (", a class that is nowhere", 4, "", {}), (", crowds", 3, ", crowd: crowd", {"crowds": True}),
                                  (", small", 3, ", crowd: crowd, area: [0.0, 120.0]", {"crowds": True, "area": [0, 120]}),
                                  (", large", 3, ", area: [120.0, 1e10]", {"area": [120, 1e10]}), (", the best two", 3, ", max: 2", {"most": 2})]:
        evaluate = lambda *args: coco(*args, classes=c, **how)
        case(a, "detection", "class_average_precision" + name, f"{{ r = class_average_precision({arguments}{options})\n(r.ap, r.recall) }}", evaluate,
             function="class_average_precision", **kinds(c), **inputs)
        case(a, "detection", "mean_average_precision" + name, f"mean_average_precision({arguments}{options})", lambda *args: np.nanmean(evaluate(*args)[0]),
             **kinds(c), **inputs)
    case(a, "detection", "AP50", f"mean_average_precision({arguments}, thresholds: [0.5])", lambda *args: np.nanmean(coco(*args, classes=3)[0][0]), **kinds(3), **inputs)
    nothing = dict(inputs, found=found & False)
    case(a, "detection", "nothing found", f"mean_average_precision({arguments})", lambda *args: np.nanmean(coco(*args, classes=3)[0]), **kinds(3), **nothing)


def coco(boxes, scores, guess, found, truth, kind, there, crowd, *, classes, crowds=False, area=(0, 1e10), most=100):
    """AP and recall [thresholds, classes], NaN for a class that is nowhere."""
    wide = lambda b: [float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])]
    gt, dt = [], []
    for i in range(len(boxes)):
        for j in np.flatnonzero(there[i]):
            b = wide(truth[i, j])
            gt.append(dict(id=len(gt) + 1, image_id=i + 1, category_id=int(kind[i, j]) + 1, bbox=b, area=b[2] * b[3], iscrowd=int(crowds and crowd[i, j])))
        for j in np.flatnonzero(found[i]):
            dt.append(dict(image_id=i + 1, category_id=int(guess[i, j]) + 1, bbox=wide(boxes[i, j]), score=float(scores[i, j])))
    with contextlib.redirect_stdout(io.StringIO()):
        set_ = COCO()
        set_.dataset = dict(info={}, images=[dict(id=i + 1) for i in range(len(boxes))], categories=[dict(id=i + 1) for i in range(classes)], annotations=gt)
        set_.createIndex()
        detections = set_.loadRes(dt) if dt else COCO()
        run = COCOeval(set_, detections, "bbox")
        run.params.areaRng, run.params.areaRngLbl, run.params.maxDets = [list(area)], ["all"], [most]
        run.params.imgIds, run.params.catIds = list(range(1, len(boxes) + 1)), list(range(1, classes + 1))
        run.evaluate()
        run.accumulate()
    precision, recall = run.eval["precision"][:, :, :, 0, 0], run.eval["recall"][:, :, 0, 0]
    nowhere = (recall < 0)
    return np.where(nowhere, np.nan, precision.mean(1)), np.where(nowhere, np.nan, recall)


def imbalance(a):
    """Weights and losses for classes of different frequency and cost."""
    a.seed("imbalance")

    def f(module, text, fn, **kw):
        a.case(text, text, fn, uses=[f"std.imbalance.{module}: {text.split('(')[0]}"], **kw)

    y, z, cost = labels(4, 30), randn(30, 4), rand(4, 4, high=5.0)
    kinds = {"types": {"y": "idx<4>[30]"}}
    count = torch.bincount(y, minlength=4).double()
    balanced = lambda _: torch.as_tensor(compute_class_weight("balanced", classes=np.arange(4), y=y.numpy()))
    f("weights", "balanced_weights(n)", balanced, smooth=False, n=count.clone())
    effective = (1 - 0.9) / (1 - 0.9**count)
    f("weights", "effective_weights(n, beta: 0.9)", lambda n: 4 * effective / effective.sum(), smooth=False, n=count.clone())
    f("cost", "expected_cost(z, y, cost)", lambda z, y, cost: (z.softmax(-1) * cost[y]).sum(-1).mean(), z=z.clone(), y=y, cost=cost.clone(), **kinds)
    f("cost", "cheapest(z, cost)", lambda z, cost: (z.softmax(-1) @ cost).argmin(-1), z=z.clone(), cost=cost.clone(), smooth=False)
    adjusted = lambda z, y, p: torch.nn.functional.cross_entropy(z + 0.5 * p.log(), y)
    f("prior", "logit_adjusted(z, y, p, strength: 0.5)", adjusted, z=z.clone(), y=y, p=count / 30, **kinds)


AREAS = {"imbalance": imbalance, "classes": classes, "ranking": ranking, "numbers": numbers, "sequences": sequences, "detection": detection}
