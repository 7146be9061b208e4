"""Nets that come up again: the arms of a U, and what stands level on them."""

from __future__ import annotations

from itertools import pairwise

import cnnspec
from cnnspec.render.options import DrawingOptions
from cnnspec.render.place_volumes import level_lanes, place_in_u
from cnnspec.render.plan import make_plan
from cnnspec.render.solids import make_scale, make_solid
from cnnspec.render.volume_arrows import ways_in
from cnnspec.render.volumes import make_volumes


def test_a_way_up_that_begins_at_a_skip_connection_is_an_arm_of_a_u():
    """SegNet: each max_unpool is level with what its maxpool took; the first comes from below."""
    plan = make_plan(cnnspec.zoo("segnet").ir, DrawingOptions())
    assert plan.rows and sum(link.skip for link in plan.links) == 5
    for link in plan.links:
        if link.skip:
            assert plan.rows[link.source] == plan.rows[link.target]
        elif link.target in plan.rising:
            assert plan.rows[link.target] < plan.rows[link.source]
        else:
            assert plan.rows[link.target] > plan.rows[link.source]


def test_an_arrow_up_to_a_volume_that_stands_apart_goes_around_what_is_above():
    """SegNet's last pool stands below a conv; its arrow leads to the max_unpool beside that."""
    volumes = make_volumes(make_plan(cnnspec.zoo("segnet").ir, DrawingOptions(view="volumes")))
    scale = make_scale([volume.shape for volume in volumes], 150.0)
    for volume in volumes:
        volume.solid = make_solid(volume.shape, scale)
    grid = place_in_u(volumes)
    (first,) = (
        place
        for place, volume in enumerate(volumes)
        if volume.rising and place and not volumes[place - 1].rising
    )
    (way,) = (way for way in ways_in(volumes, grid, first) if way.source == first - 1)
    assert way.points[-1][0] == volumes[first].middle
    assert all(a == u or b == v for (a, b), (u, v) in pairwise(way.points))


def test_what_follows_the_last_join_stands_in_its_lane():
    """DeepLabV3+ ends in a map as large as its image: not in a lane above all others."""
    volumes = make_volumes(
        make_plan(cnnspec.zoo("deeplabv3plus_resnet50").ir, DrawingOptions(view="volumes"))
    )
    lanes = [lane for lane, _ in level_lanes(volumes)]
    join = max(place for place, volume in enumerate(volumes) if len(volume.sources) > 1)
    assert volumes[-1].shape[1:] == volumes[0].shape[1:]
    assert lanes[0] == lanes[-1] == lanes[join] == 0
