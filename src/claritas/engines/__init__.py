"""What runs a network: OpenVINO by default, ONNX Runtime, and a fake one for tests."""
