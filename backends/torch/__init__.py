"""The torch backend: a net as a source file, and as the module that this source makes."""

from cnnspec.backends.torch.source import source

__all__ = ["source"]
