"""Linear probe, then fine-tuning (LP-FT): the head is fitted first, so features bend less.

Kumar et al. 2022, arXiv:2202.10054. There the head goes on moving; here it stays once it is fitted,
as every head of this program does, so that λ = 0 is the linear probe of the pretrained model.
"""

from taskarith.training.ways.full import encoding_parameters
from taskarith.training.ways.way import DirectlyMoved

__all__ = ["LP_FT"]

LP_FT = DirectlyMoved(
    name="lp-ft",
    title="Linear probe, then full (LP-FT)",
    about="fits a linear probe first; then moves every parameter under it",
    paper="https://arxiv.org/abs/2202.10054",
    rate=1e-4,
    chosen=encoding_parameters,
    head="linear-probe",
)
