"""Diagrams of nets: DOT, SVG, PNG, PDF, Mermaid and an interactive page, from one graph.

In reading order, from what a drawing shows to the bytes of a file:

- what is asked: `options` (the choices of a user), `one_block` (a block as a net), `asked` (names to open);
- what is shown: `fold` (the tree of parts, equal ones folded; `streams` for turns of several values),
  `scene` (which are open, and the arrows between them), `rising` (nets that come up again), `spine` (what
  all values pass), `figures` (params, MACs, memory, field);
- in which words and colours: `labels` (a layer), `words` (a part), `taps` (a part that joins
  what is on its own way), `boxes` (the lines in a box), `theme`,
  `text` (widths, numbers), `plan` (all of it but where things stand);
- where it stands: `dot` (the source for Graphviz), `layout` and `embedded` (Graphviz), `bypass` (shortcuts),
  `wrap` (rows and columns), `fit` (what fits a page); `pyramid` (nets of several scales), `grid`, `channels`
  and `place_grid` (those in rows by the sizes of maps); `volumes`, `place_volumes`, `volume_arrows` and
  `solids` (feature maps to scale);
- as marks: `canvas` (the marks), `draw`, `draw_boxes`, `draw_volumes`, `legend`, `sheet` (title and legend),
  `beside` (text that no edge strikes), `charts` (memory over time, nets against each other), `distribution`
  (how errors are spread), `two_nets` (what became of a net);
- as a file: `output` (every format), `svg` with `embed_font`, `pdf`, `raster` (PNG), `mermaid`, `page` and
  `page_data` with `web/` (HTML); with the `fonts/` that all of them measure.
"""

from cnnspec.render.options import RenderError
from cnnspec.render.output import FORMATS, render, to_bytes, to_dot, to_html, to_mermaid, to_svg

__all__ = ["FORMATS", "RenderError", "render", "to_bytes", "to_dot", "to_html", "to_mermaid", "to_svg"]
