"""The demo shop: a shop of any size that nobody runs, whose truth is known. See docs/demo_shop.md."""

from orchestration.demo_shop.generation import Generation, generate
from orchestration.demo_shop.parameters import DemoShopError, Parameters

__all__ = ["DemoShopError", "Generation", "Parameters", "generate"]
