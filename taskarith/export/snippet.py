"""The Python that reproduces an edit's accuracies; knows the library's public names."""

from taskarith.core import Edit

__all__ = ["python_snippet"]

TEMPLATE = '''"""{formula}

Accuracies of this edit, as the Explore page shows them: the same images, the same numbers.
"""

from taskarith import Edit, load_suite
from taskarith.evaluation import Evaluator, measure

suite = load_suite({source!r})
edit = Edit({suite!r}, {coefficients!r}{further})
tasks = {tasks!r}
for task, estimate in measure(Evaluator(suite), edit, tasks=tasks, split={split!r}).items():
    low, high = estimate.interval
    print(f"{{task:22}} {{estimate.value:6.1%}}  ({{low:.1%}}–{{high:.1%}}, n = {{estimate.n}})")
'''


def python_snippet(edit: Edit, *, source: str, tasks: list[str], split: str) -> str:
    """A script that measures `edit` on the whole `split` of `tasks`.

    Args:
        source: what `load_suite` takes: the suite's name or folder.
    """
    further: dict[str, object] = {} if edit.method == "sum" else {"method": edit.method}
    further |= {"settings": dict(edit.settings)} if edit.settings else {}
    further |= {"seed": edit.seed} if edit.seed else {}
    return TEMPLATE.format(
        formula=edit.formula(),
        source=source,
        suite=edit.suite,
        coefficients=dict(edit.coefficients),
        further="".join(f", {name}={value!r}" for name, value in further.items()),
        tasks=tasks,
        split=split,
    )
