"""The loss on a plane through a sequence, with the path of its end points drawn on it."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.style import COLOURS, Theme, figure, titled

if TYPE_CHECKING:
    from taskarith.recipes.sequence.loss_plane import Plane

__all__ = ["plane_figures"]

DEEPEST = 0.58  # of a colour: numbers stand out on it


def plane_figures(plane: "Plane", *, theme: Theme = "light", called: str) -> list[Any]:
    """A map for each of the plane's tasks; `called` says of what the losses are."""
    return [_map(plane, task, theme, called) for task in plane.losses]


def _map(plane: "Plane", task: str, theme: Theme, called: str) -> Any:
    colours = COLOURS[theme]
    highest = max(place.losses[task] for place in plane.path)
    lowest = min(min(row) for row in plane.losses[task])
    heat = {
        "type": "heatmap",
        "x": plane.xs,
        "y": plane.ys,
        "z": plane.losses[task],
        "zmin": lowest,
        "zmax": lowest + 1.5 * (highest - lowest),  # what is worse than the path is one colour
        "colorscale": [[0, colours["paper"]], [1, _mixed(colours["paper"], colours["target"])]],
        "colorbar": {"thickness": 14, "outlinewidth": 0},
        "hovertemplate": "loss %{z:.3f} at %{x:.2f}, %{y:.2f}<extra></extra>",
    }
    names = [place.after or plane.start for place in plane.path]
    path = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": [place.x for place in plane.path],
        "y": [place.y for place in plane.path],
        "text": [str(number) for number in range(len(names))],
        "textposition": "top center",
        "textfont": {"color": colours["ink"], "size": 16},
        "customdata": [
            [name, place.losses[task], place.off]
            for name, place in zip(names, plane.path, strict=True)
        ],
        "line": {"width": 2, "color": colours["pinned"]},
        "marker": {
            "size": 11,
            "color": colours["pinned"],
            "line": {"width": 2, "color": colours["paper"]},
        },
        "hovertemplate": "%{text}, %{customdata[0]}: loss %{customdata[1]:.3f}, "
        "%{customdata[2]:.2f} off the plane<extra></extra>",
    }
    told = ", ".join(f"{number} {name}" for number, name in enumerate(names))
    frame = titled(
        f"Loss of {task} around the path",
        f"{told}; {plane.way}; {called}",
        x=f"along the vector of {plane.order[0]}",
        y="across",
        theme=theme,
        height=460,
    )
    for axis in ("xaxis", "yaxis"):
        frame[axis] |= {"zeroline": False, "tickformat": None, "range": None, "dtick": None}
    return figure([heat, path], frame)


def _mixed(paper: str, colour: str) -> str:
    """A colour as deep as numbers still stand out on.

    >>> _mixed("#ffffff", "#0072b2")
    '#6badd2'
    """
    one, two = ([int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in (paper, colour))
    return "#" + "".join(
        f"{round(a + DEEPEST * (b - a)):02x}" for a, b in zip(one, two, strict=True)
    )
