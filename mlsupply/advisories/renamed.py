"""Distributions that carry the code of another project under a name of their own, with the same version numbers.

Advisories name one of them; the others inherit, and reports say so. Reviewed by hand: a name stands here only where the
same release train builds both. Companions that hold a part of the code are followed only while the whole is not in the
project itself, where it would be reported twice.
"""

from __future__ import annotations

ORIGINALS: dict[str, str] = {
    # TensorFlow's builds by processor, vendor and platform
    "intel-tensorflow": "tensorflow",
    "tensorflow-aarch64": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-cpu-aws": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-intel": "tensorflow",
    "tensorflow-macos": "tensorflow",
    "tensorflow-rocm": "tensorflow",
    # PyTorch
    "lightning": "pytorch-lightning",
    "torch-cpu": "torch",
    "torch-nightly": "torch",
    # ONNX Runtime by accelerator
    "onnxruntime-azure": "onnxruntime",
    "onnxruntime-directml": "onnxruntime",
    "onnxruntime-gpu": "onnxruntime",
    "onnxruntime-openvino": "onnxruntime",
    "onnxruntime-qnn": "onnxruntime",
    "onnxruntime-silicon": "onnxruntime",
    # Faiss
    "faiss-cpu": "faiss",
    "faiss-gpu": "faiss",
    "faiss-gpu-cu11": "faiss",
    "faiss-gpu-cu12": "faiss",
    # OpenCV: the same library with fewer or more modules
    "opencv-contrib-python": "opencv-python",
    "opencv-contrib-python-headless": "opencv-python",
    "opencv-python-headless": "opencv-python",
    # CUDA builds
    "cupy-cuda11x": "cupy",
    "cupy-cuda12x": "cupy",
    "cupy-cuda13x": "cupy",
    "mxnet-cu112": "mxnet",
    "mxnet-cu117": "mxnet",
    "nvidia-cuda-runtime-cu11": "nvidia-cuda-runtime",
    "nvidia-cuda-runtime-cu12": "nvidia-cuda-runtime",
    "nvidia-cudnn-cu11": "nvidia-cudnn",
    "nvidia-cudnn-cu12": "nvidia-cudnn",
    "nvidia-nccl-cu11": "nvidia-nccl",
    "nvidia-nccl-cu12": "nvidia-nccl",
    "paddlepaddle-gpu": "paddlepaddle",
    "tensorrt-cu11": "tensorrt",
    "tensorrt-cu12": "tensorrt",
    "tensorrt-cu13": "tensorrt",
    "xgboost-cpu": "xgboost",
    # parts and forks of one release train
    "apache-airflow-core": "apache-airflow",
    "mlflow-skinny": "mlflow",
    "pillow-simd": "pillow",
    "psycopg2-binary": "psycopg2",
    "pycryptodomex": "pycryptodome",
    "ray-cpp": "ray",
}


INHERITED = frozenset(ORIGINALS.values())
"""Projects whose advisories others inherit."""


def original_of(name: str) -> str:
    """The project whose advisories a distribution inherits, or ""."""
    return ORIGINALS.get(name, "")
