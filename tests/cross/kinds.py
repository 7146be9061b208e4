"""One small net of each odd kind, by the name of the kind: what every option has to live with."""

from __future__ import annotations

from collections.abc import Mapping

from cnnspec.api import Net, loads

KINDS: Mapping[str, str] = {
    "chain": """
        net Chain {
            input 3x12x12
            conv(4, 3) -> batchnorm -> relu -> maxpool(2)
            gap -> flatten -> linear(5)
        }
    """,
    "training head": """
        net TrainingHead {
            input 3x8x8
            m: conv(4, 3, bias=false) -> batchnorm -> relu
            head main from m { gap -> flatten -> linear(3) }
            head aux from m, training { conv(2, 1) -> batchnorm -> gap -> flatten -> linear(3) }
        }
    """,
    "share first called by a training head": """
        share tower { conv(3, 3) -> batchnorm -> relu }
        net SharedByTraining {
            input 3x8x8
            conv(3, 1)
            m: relu
            head aux from m, training { tower -> gap -> flatten -> linear(2) }
            head cls from m { tower -> gap -> flatten -> linear(2) }
        }
    """,
    "share last called by a training head": """
        share tower { conv(3, 3) -> batchnorm -> relu }
        net SharedWithTraining {
            input 3x8x8
            m: conv(3, 1) -> relu
            head cls from m { tower -> gap -> flatten -> linear(2) }
            head aux from m, training { tower -> gap -> flatten -> linear(2) }
        }
    """,
    "training head on a value of inference": """
        net HeadOnHead {
            input 3x8x8
            m: conv(3, 1) -> gap -> flatten -> linear(4)
            head cls from m { softmax }
            head raw from m, training { }
        }
    """,
    "share": """
        share eye { conv(4, 3, stride=2, bias=false) -> batchnorm -> relu }
        net Twins {
            input left 3x8x8
            input right 3x8x8
            l: left -> eye
            r: right -> eye
            concat(l, r) -> gap -> flatten -> linear(2)
        }
    """,
    "several heads": """
        net Detector {
            input 3x8x8
            m: conv(4, 3) -> relu
            head box from m { conv(4, 1) }
            head cls from m { gap -> flatten -> linear(3) -> softmax }
        }
    """,
    "dead layers": """
        net Dead {
            input 3x8x8
            v: conv(4, 3)
            conv(8, 3) -> batchnorm
            head a from v { gap -> flatten -> linear(3) }
        }
    """,
    "dead layers and training heads": """
        share tower { conv(3, 3) -> batchnorm }
        net DeadTraining {
            input 3x8x8
            v: conv(3, 3)
            tower -> relu
            head aux from v, training { tower -> gap -> flatten -> linear(2) }
            head a from v { tower -> gap -> flatten -> linear(3) }
        }
    """,
    "unused input": "net Unused { input a 3x4x4; input b 2x4x4; a -> conv(2, 3) -> relu }",
    "vector": "net Vector { input 7; linear(5) -> batchnorm -> relu -> linear(3) }",
    "sequence": """
        net Sequence {
            input 2x20
            conv(4, 3) -> batchnorm -> relu -> maxpool(2) -> gap -> flatten -> linear(2)
        }
    """,
    "volume": """
        net Volume {
            input 1x6x6x6
            conv(2, 3) -> batchnorm -> relu -> avgpool(2) -> flatten -> linear(2)
        }
    """,
    "one layer": "net One { input 3x4x4; relu }",
    "nothing": "net Nothing { input 3x4x4; identity }",
    "nested groups": """
        net Nested {
            input 4x6x6
            { { { residual { conv(4, 3) -> batchnorm }; relu } * 2 } * 2 } * 2
        }
    """,
    "empty blocks": """
        def nothing { }
        net Empty {
            input 3x6x6
            conv(2, 3) * 0; nothing; concat { | identity | nothing }
            residual { conv(6, 3) }; relu
        }
    """,
    "dense": """
        net Dense {
            input 3x6x6
            dense(3) { conv(2, 3) -> batchnorm -> relu }
            gap -> flatten -> linear(2)
        }
    """,
    "noise": """
        net Noise {
            input 8
            linear(6) -> dropout(0.5) -> relu
            residual { linear(6) -> droppath(0.2) }
            linear(2)
        }
    """,
}


def net(kind: str) -> Net:
    """The net of a kind."""
    return loads(KINDS[kind])
