"""Diagrams of nets: DOT, SVG, PNG, PDF, Mermaid and an interactive page, from one graph."""

from cnnspec.render.options import RenderError
from cnnspec.render.output import FORMATS, render, to_dot, to_html, to_mermaid, to_svg

__all__ = ["FORMATS", "RenderError", "render", "to_dot", "to_html", "to_mermaid", "to_svg"]
