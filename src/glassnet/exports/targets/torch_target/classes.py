"""The modules that PyTorch lacks, as the text that a printed file has of them."""

from __future__ import annotations

__all__ = ["CLASSES", "needed"]

CLASSES = {
    "Members": '''class Members(nn.ModuleList):
    """Networks side by side on the same rows: (n, members, outputs)."""

    def forward(self, x):
        return torch.stack([member(x) for member in self], dim=1)''',
    "Residual": '''class Residual(nn.Module):
    """Layers with a shortcut around them: shortcut(x) + inside(x)."""

    def __init__(self, inside, shortcut=None):
        super().__init__()
        self.inside = inside
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x):
        return self.shortcut(x) + self.inside(x)''',
    "Concatenate": '''class Concatenate(nn.Module):
    """Branches on the same input, side by side along the last axis."""

    def __init__(self, *branches):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(str(i), branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], dim=-1)''',
    "Select": '''class Select(nn.Module):
    """Some columns of the input."""

    def __init__(self, columns):
        super().__init__()
        self.register_buffer("columns", torch.tensor(columns), persistent=False)

    def forward(self, x):
        return x.index_select(-1, self.columns)''',
    "Scale": '''class Scale(nn.Module):
    """One learnable factor for each feature."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))

    def forward(self, x):
        return x * self.weight''',
    "Calibration": '''class Calibration(nn.Module):
    """Outputs as they were calibrated on held-out rows: x * scale + shift, and x itself in training."""

    def __init__(self, *shape):
        super().__init__()
        self.register_buffer("scale", torch.ones(shape))
        self.register_buffer("shift", torch.zeros(shape))

    def forward(self, x):
        return x if self.training else x * self.scale + self.shift''',
    "Reshape": '''class Reshape(nn.Module):
    """The same numbers in another shape."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(-1, *self.shape)''',
    "GaussianNoise": '''class GaussianNoise(nn.Module):
    """Normal noise, in training only."""

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x''',
    "CodeEmbedding": '''class CodeEmbedding(nn.Embedding):
    """A learnable vector for each code; codes may come as whole numbers in a float tensor."""

    def forward(self, codes):
        return super().forward(codes.long())''',
    "UnitPReLU": '''class UnitPReLU(nn.Module):
    """Rectifier with a learnable slope for each unit of an input of several axes."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, 0.25))

    def forward(self, x):
        return x.clamp(min=0.0) + self.weight * x.clamp(max=0.0)''',
    "Parametric": '''class Parametric(nn.Module):
    """An activation with a learnable strength for each unit: x + alpha * (f(x) - x)."""

    def __init__(self, activation, *shape):
        super().__init__()
        self.activation = activation
        self.alpha = nn.Parameter(torch.ones(shape))

    def forward(self, x):
        return x + self.alpha * (self.activation(x) - x)''',
    "PeriodicEmbedding": '''class PeriodicEmbedding(nn.Module):
    """Each number becomes a linear map of waves, and itself."""

    def __init__(self, columns, waves, dim):
        super().__init__()
        self.frequency = nn.Parameter(0.1 * torch.randn(columns, waves))
        self.phase = nn.Parameter(torch.pi * (2.0 * torch.rand(columns, waves) - 1.0))
        self.weight = nn.Parameter((2.0 * torch.rand(columns, waves, dim - 1) - 1.0) / waves**0.5)
        self.bias = nn.Parameter((2.0 * torch.rand(columns, dim - 1) - 1.0) / waves**0.5)

    def forward(self, x):
        waves = torch.cos(2.0 * torch.pi * x[..., None] * self.frequency + self.phase)
        made = torch.einsum("ncw,cwd->ncd", waves, self.weight) + self.bias
        return torch.cat([made, x[..., None]], dim=-1).flatten(1)''',
    "PiecewiseLinearEmbedding": '''class PiecewiseLinearEmbedding(nn.Module):
    """Each number becomes piecewise linear functions of itself; the pieces are those of the training rows."""

    def __init__(self, columns, pieces, dim):
        super().__init__()
        self.linear = nn.Parameter((2.0 * torch.rand(columns, dim) - 1.0) / dim**0.5)
        self.bias = nn.Parameter((2.0 * torch.rand(columns, dim) - 1.0) / dim**0.5)
        self.weight = nn.Parameter(torch.zeros(columns, pieces, dim))
        for name in ("start", "slope", "low", "high"):
            self.register_buffer(name, torch.zeros(columns, pieces))

    def forward(self, x):
        x = x[..., None]
        inside = torch.clamp((x - self.start) * self.slope, self.low, self.high)
        made = torch.einsum("ncp,cpd->ncd", inside, self.weight)
        return (made + x * self.linear + self.bias).flatten(1)''',
    "Copies": '''class Copies(nn.Module):
    """Each row several times, each copy with factors of its own: (n, copies, d)."""

    def __init__(self, copies, d):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(copies, d))

    def forward(self, x):
        return x[:, None, :] * self.weight''',
    "EnsembleLinear": '''class EnsembleLinear(nn.Module):
    """A linear map that the copies share, each with factors of its own in front and behind."""

    def __init__(self, copies, d_in, d_out, adapters=True, scales_inputs=True):
        super().__init__()
        self.weight = nn.Parameter((2.0 * torch.rand(d_out, d_in) - 1.0) / d_in**0.5)
        self.in_factor = nn.Parameter(torch.ones(copies, d_in)) if adapters and scales_inputs else None
        self.out_factor = nn.Parameter(torch.ones(copies, d_out)) if adapters else None
        self.bias = nn.Parameter(torch.zeros(copies if adapters else 1, d_out))

    def forward(self, x):
        if self.in_factor is not None:
            x = x * self.in_factor
        z = nn.functional.linear(x, self.weight)
        if self.out_factor is not None:
            z = z * self.out_factor
        return z + self.bias''',
    "EnsembleHead": '''class EnsembleHead(nn.Module):
    """A linear map for each copy: (n, copies, d_in) becomes (n, copies, d_out)."""

    def __init__(self, copies, d_in, d_out):
        super().__init__()
        self.weight = nn.Parameter((2.0 * torch.rand(copies, d_in, d_out) - 1.0) / d_in**0.5)
        self.bias = nn.Parameter(torch.zeros(copies, d_out))

    def forward(self, x):
        return torch.einsum("nki,kio->nko", x, self.weight) + self.bias''',
}
"""By name."""


def needed(name: str) -> dict[str, str]:
    """Return what a file must define for one of them."""
    return {name: CLASSES[name]}
