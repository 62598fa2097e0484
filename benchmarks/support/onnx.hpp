// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <cstdint>
#include <cstring>
#include <string>

/// A stack of dense layers as an ONNX file, for peers that read one. Field numbers are those of
/// onnx.proto3 (ONNX 1.12), the encoding that of Protocol Buffers.
namespace bench {

class ProtoMessage {
public:
    void number(unsigned field, std::uint64_t value) {
        varint(field << 3);
        varint(value);
    }
    void text(unsigned field, std::string const& bytes) {
        varint(field << 3 | 2);
        varint(bytes.size());
        bytes_ += bytes;
    }
    void decimal(unsigned field, float value) {
        varint(field << 3 | 5);
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        bytes_.append(bytes, sizeof value);
    }
    void message(unsigned field, ProtoMessage const& m) { text(field, m.bytes_); }
    std::string const& bytes() const { return bytes_; }

private:
    void varint(std::uint64_t v) {
        for (; v >= 128; v >>= 7) bytes_ += static_cast<char>(v | 128);
        bytes_ += static_cast<char>(v);
    }
    std::string bytes_;
};

/// The model's file: input "x", batch x inputs, output "y".
inline std::string onnx_file(Net const& net, std::size_t batch) {
    constexpr unsigned floats = 1; // TensorProto.DataType
    ProtoMessage graph;
    auto const node = [&](char const* op, std::initializer_list<std::string> inputs,
                          std::string const& output) {
        ProtoMessage n;
        for (std::string const& input : inputs) n.text(1, input);
        n.text(2, output);
        n.text(4, op);
        graph.message(1, n);
    };
    auto const constant = [&](std::string const& name, float const* p, std::size_t rows,
                              std::size_t columns) {
        ProtoMessage t;
        if (rows > 0) t.number(1, rows);
        t.number(1, columns);
        t.number(2, floats);
        t.text(8, name);
        std::size_t const count = (rows > 0 ? rows : 1) * columns;
        t.text(9, std::string(reinterpret_cast<char const*>(p), count * sizeof(float)));
        graph.message(5, t);
    };
    auto const value = [&](unsigned field, char const* name, std::size_t columns) {
        ProtoMessage shape, tensor, type, info;
        for (std::size_t const n : {batch, columns}) {
            ProtoMessage dim;
            dim.number(1, n);
            shape.message(1, dim);
        }
        tensor.number(1, floats);
        tensor.message(2, shape);
        type.message(1, tensor);
        info.text(1, name);
        info.message(2, type);
        graph.message(field, info);
    };
    std::string last = "x";
    float const* p = net.parameters;
    for (std::size_t i = 0; i < net.layers; ++i) {
        std::size_t const in = net.widths[i], out = net.widths[i + 1];
        std::string const k = std::to_string(i), kernel = "kernel" + k, bias = "bias" + k;
        constant(kernel, p, in, out);
        constant(bias, p + in * out, 0, out);
        node("Gemm", {last, kernel, bias}, "sum" + k);
        bool const end = i + 1 == net.layers;
        last = end ? "y" : "h" + k;
        node(!end ? "Relu" : out == 1 ? "Sigmoid" : "Softmax", {"sum" + k}, last);
        p += (in + 1) * out;
    }
    graph.text(2, "net");
    value(11, "x", net.inputs());
    value(12, "y", net.outputs());
    ProtoMessage opset, model;
    opset.text(1, "");
    opset.number(2, 13);
    model.number(1, 7);
    model.message(8, opset);
    model.message(7, graph);
    return model.bytes();
}

} // namespace bench
