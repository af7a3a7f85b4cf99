"""What those who read a published shop rely on: metrics, mart pages, connections.

The claims are classes that `test_shop_demo.py` imports, so that they are told of the demo shop it builds anyhow.
"""
