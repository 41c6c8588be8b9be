"""Convolutions, pooling, and what changes the extents of planes."""

import torch
import torch.nn.functional as F

from spec import Spec, array, signed


def conv(name, function, x, W, b=None, settings="", **keywords):
    call = f"{function}(x, W{', b' if b else ''}{', ' if settings else ''}{settings})"
    values = {"x": signed(*x), "W": signed(*W), **({"b": signed(*b)} if b else {})}
    return Spec(name, call, values, lambda **t: getattr(F, function)(
        t["x"], t["W"], t.get("b"), **keywords))


def of(name, function, x, settings, **keywords):
    maker = x if callable(x) or hasattr(x, "shape") else signed(*x)
    return Spec(name, f"{function}(x, {settings})", {"x": maker},
                lambda x: getattr(F, function)(x, **keywords))


SPECS = [
    conv("conv1d_plain", "conv1d", (2, 3, 7), (4, 3, 3), (4,)),
    conv("conv1d_stride_with_remainder", "conv1d", (1, 2, 8), (3, 2, 3), None, "stride=2", stride=2),
    conv("conv1d_dilated_causal", "conv1d", (2, 2, 9), (2, 2, 2), (2,), "dilation=4", dilation=4),
    conv("conv1d_without_batch", "conv1d", (3, 6), (2, 3, 1), (2,)),
    conv("conv2d_plain", "conv2d", (2, 3, 5, 4), (4, 3, 3, 2), (4,)),
    conv("conv2d_padding_and_stride", "conv2d", (2, 2, 5, 7), (3, 2, 3, 3), (3,),
         "stride=[2, 3], padding=[1, 2]", stride=(2, 3), padding=(1, 2)),
    conv("conv2d_by_position", "conv2d", (1, 2, 5, 5), (3, 2, 3, 3), (3,), "2, 1", stride=2,
         padding=1),
    Spec("conv2d_by_keyword", "conv2d(bias=b, weight=W, input=x, stride=2)",
         {"x": signed(1, 2, 5, 4), "W": signed(3, 2, 2, 3), "b": signed(3)},
         lambda x, W, b: F.conv2d(x, W, b, stride=2)),
    conv("conv2d_dilated", "conv2d", (1, 2, 7, 6), (2, 2, 3, 2), None, "dilation=[2, 3]",
         dilation=(2, 3)),
    conv("conv2d_groups", "conv2d", (2, 4, 4, 5), (6, 2, 2, 3), (6,), "groups=2", groups=2),
    conv("conv2d_depthwise", "conv2d", (2, 3, 5, 4), (3, 1, 3, 3), (3,), "groups=3, padding=1",
         groups=3, padding=1),
    conv("conv2d_depthwise_multiplied", "conv2d", (1, 2, 4, 4), (4, 1, 2, 2), None, "groups=2",
         groups=2),
    conv("conv2d_same", "conv2d", (1, 2, 5, 4), (2, 2, 3, 5), (2,), 'padding="same"',
         padding="same"),
    conv("conv2d_one_by_one", "conv2d", (2, 4, 3, 2), (3, 4, 1, 1), (3,)),
    conv("conv2d_kernel_of_the_plane", "conv2d", (2, 2, 3, 4), (3, 2, 3, 4), (3,)),
    conv("conv3d_plain", "conv3d", (1, 2, 3, 4, 3), (2, 2, 2, 3, 2), (2,)),
    conv("conv3d_settings", "conv3d", (2, 2, 3, 4, 5), (2, 1, 2, 2, 3), None,
         "stride=[1, 2, 2], padding=1, groups=2", stride=(1, 2, 2), padding=1, groups=2),
    conv("conv_transpose1d_plain", "conv_transpose1d", (2, 3, 4), (3, 2, 3), (2,)),
    conv("conv_transpose1d_output_padding", "conv_transpose1d", (1, 2, 5), (2, 3, 3), (3,),
         "stride=2, padding=1, output_padding=1", stride=2, padding=1, output_padding=1),
    conv("conv_transpose2d_overlapping", "conv_transpose2d", (2, 2, 3, 4), (2, 3, 3, 3), (3,),
         "stride=2", stride=2),
    conv("conv_transpose2d_groups", "conv_transpose2d", (1, 4, 3, 2), (4, 3, 2, 3), None,
         "stride=[2, 1], padding=[0, 1], dilation=[1, 2], groups=2", stride=(2, 1), padding=(0, 1),
         dilation=(1, 2), groups=2),
    Spec("conv2d_tied_weights", "conv2d(conv2d(x, W, padding=1), W, padding=1)",
         {"x": signed(1, 2, 4, 3), "W": signed(2, 2, 3, 3)},
         lambda x, W: F.conv2d(F.conv2d(x, W, padding=1), W, padding=1)),
    Spec("conv2d_residual", "x + conv2d(relu(x), W, b, padding=1)",
         {"x": signed(2, 2, 3, 4), "W": signed(2, 2, 3, 3), "b": signed(2)},
         lambda x, W, b: x + F.conv2d(F.relu(x), W, b, padding=1)),
    of("max_pool1d_plain", "max_pool1d", (2, 3, 8), "2", kernel_size=2),
    of("max_pool1d_overlapping", "max_pool1d", (2, 2, 9), "kernel_size=4, stride=2, padding=1",
       kernel_size=4, stride=2, padding=1),
    of("max_pool2d_plain", "max_pool2d", (2, 2, 6, 4), "kernel_size=2", kernel_size=2),
    of("max_pool2d_odd_ceil", "max_pool2d", (1, 2, 5, 7), "2, ceil_mode=true", kernel_size=2,
       ceil_mode=True),
    of("max_pool2d_dilated", "max_pool2d", (1, 2, 6, 6), "kernel_size=2, stride=1, dilation=2",
       kernel_size=2, stride=1, dilation=2),
    of("max_pool2d_rectangles", "max_pool2d", (2, 1, 5, 6),
       "kernel_size=[3, 2], stride=[2, 3], padding=[1, 0]", kernel_size=(3, 2), stride=(2, 3),
       padding=(1, 0)),
    of("max_pool2d_negative_under_padding", "max_pool2d", array([[[[-3, -1], [-2, -5]]]]),
       "kernel_size=3, stride=1, padding=1", kernel_size=3, stride=1, padding=1),
    of("avg_pool1d_padding", "avg_pool1d", (2, 2, 7), "kernel_size=3, stride=2, padding=1",
       kernel_size=3, stride=2, padding=1),
    of("avg_pool2d_plain", "avg_pool2d", (2, 2, 4, 6), "2", kernel_size=2),
    of("avg_pool2d_ceil", "avg_pool2d", (1, 2, 5, 4), "3, 2, 1, ceil_mode=true", kernel_size=3,
       stride=2, padding=1, ceil_mode=True),
    of("avg_pool2d_without_padding", "avg_pool2d", (1, 2, 5, 4),
       "kernel_size=3, stride=2, padding=1, count_include_pad=false", kernel_size=3, stride=2,
       padding=1, count_include_pad=False),
    of("avg_pool2d_divisor", "avg_pool2d", (1, 2, 4, 4), "2, divisor_override=3", kernel_size=2,
       divisor_override=3),
    of("adaptive_avg_pool2d_uneven", "adaptive_avg_pool2d", (2, 2, 5, 7), "[3, 4]",
       output_size=(3, 4)),
    of("adaptive_avg_pool2d_larger", "adaptive_avg_pool2d", (1, 2, 2, 3), "output_size=5",
       output_size=5),
    Spec("global_avg_pool", "global_avg_pool(x)", {"x": signed(2, 3, 4, 5)},
         lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1)),
    of("interpolate_nearest_up", "interpolate", (1, 2, 3, 4), "scale_factor=2", scale_factor=2),
    of("interpolate_nearest_down", "interpolate", (2, 1, 7), "size=3", size=3),
    of("interpolate_bilinear", "interpolate", (1, 2, 3, 4), 'size=[5, 7], mode="bilinear"',
       size=(5, 7), mode="bilinear", align_corners=False),
    of("interpolate_bilinear_down", "interpolate", (1, 1, 6, 5), 'size=[4, 2], mode="bilinear"',
       size=(4, 2), mode="bilinear", align_corners=False),
    of("interpolate_align_corners", "interpolate", (1, 2, 3, 4),
       'size=[5, 1], mode="bilinear", align_corners=true', size=(5, 1), mode="bilinear",
       align_corners=True),
    of("pad_constant", "pad", (2, 3), "[1, 2], value=0.5", pad=(1, 2), value=0.5),
    of("pad_negative", "pad", (2, 3, 4), "[-1, 2, 1, -1]", pad=(-1, 2, 1, -1)),
    of("pad_reflect", "pad", (1, 2, 3, 4), '[3, 1, 0, 2], mode="reflect"', pad=(3, 1, 0, 2),
       mode="reflect"),
    of("pad_replicate", "pad", (1, 2, 3), '[2, 4], "replicate"', pad=(2, 4), mode="replicate"),
    of("pad_circular", "pad", (1, 2, 4), '[3, 2], "circular"', pad=(3, 2), mode="circular"),
    Spec("pixel_shuffle", "pixel_shuffle(x, 2)", {"x": signed(2, 8, 2, 3)},
         lambda x: F.pixel_shuffle(x, 2)),
    Spec("pool_of_relu_of_conv", "max_pool2d(relu(conv2d(x, W, b)), 2)",
         {"x": signed(2, 1, 6, 6), "W": signed(2, 1, 3, 3), "b": signed(2)},
         lambda x, W, b: F.max_pool2d(F.relu(F.conv2d(x, W, b)), 2)),
]
