"""The engine's eyes: what a picture shows, in words that a small language model can answer from.

`picture` decodes, `regions` finds text, `reading` reads it and `layout` puts it in order; `objects` and `scene` name what else
there is; `looking` asks each in turn and `description` writes down what they found. The models of `objects` and `scene` are not
published as ONNX: `tflite` and `checkpoint` read their files, and `onnxmodel` writes what onnxruntime runs.
"""
