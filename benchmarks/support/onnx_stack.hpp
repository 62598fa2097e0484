// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "onnx.hpp"
#include "stack.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace bench {

/// A stack of layers as an ONNX file of opset 17: input "x" as the task has it, batch first; output
/// "y". Images are turned to channels first, as ONNX has them; one channel costs nothing.
class OnnxStack {
public:
    explicit OnnxStack(StackTask const& t) : p_(t.net.parameters) {
        for (std::size_t i = 0; i < t.net.rank; ++i) shape_.push_back(t.net.shape[i]);
        batch_ = t.batch;
        auto in = shape_;
        in.insert(in.begin(), batch_);
        value(11, "x", in);
        if (shape_.size() == 3) turn_to_channels_first();
        for (std::size_t i = 0; i < t.net.count; ++i) add(t.net.layers[i]);
        put("Identity", {last_}, "y");
        shape_.insert(shape_.begin(), batch_);
        value(12, "y", shape_);
        graph_.text(2, "net");
    }
    std::string file() const {
        ProtoMessage opset, model;
        opset.text(1, "");
        opset.number(2, 17);
        model.number(1, 8);
        model.message(8, opset);
        model.message(7, graph_);
        return model.bytes();
    }
    std::vector<std::size_t> const& output_shape() const { return shape_; }

private:
    using Names = std::vector<std::string>;
    using Sizes = std::vector<std::size_t>;
    struct Attribute {
        char const* name;
        std::vector<std::int64_t> numbers{};
        char const* text = nullptr;
        bool one = false; // a number, not a list
        float decimal = 0;
        bool is_decimal = false;
    };
    ProtoMessage graph_;
    std::string last_ = "x";
    Sizes shape_;     // of a sample, channels last
    Sizes flattened_; // the image that was flattened
    std::size_t batch_ = 0, made_ = 0;
    float const* p_;

    std::string fresh() { return "t" + std::to_string(made_++); }
    void put(char const* op, Names const& inputs, Names const& outputs,
             std::vector<Attribute> const& attributes = {}) {
        ProtoMessage n;
        for (auto const& one : inputs) n.text(1, one);
        for (auto const& one : outputs) n.text(2, one);
        n.text(4, op);
        for (auto const& a : attributes) {
            enum : unsigned { decimal = 1, number = 2, text = 3, numbers = 7 }; // AttributeType
            ProtoMessage m;
            m.text(1, a.name);
            if (a.is_decimal) m.decimal(2, a.decimal);
            else if (a.text) m.text(4, a.text);
            else if (a.one) m.number(3, std::uint64_t(a.numbers[0]));
            else
                for (auto const k : a.numbers) m.number(8, std::uint64_t(k));
            m.number(20, a.is_decimal ? decimal : a.text ? text : a.one ? number : numbers);
            n.message(5, m);
        }
        graph_.message(1, n);
    }
    void put(char const* op, Names const& inputs, std::string const& output,
             std::vector<Attribute> const& attributes = {}) {
        put(op, inputs, Names{output}, attributes);
    }
    /// A node behind what was last.
    std::string then(char const* op, Names inputs = {},
                     std::vector<Attribute> const& attributes = {}) {
        inputs.insert(inputs.begin(), last_);
        auto const out = fresh();
        put(op, inputs, out, attributes);
        return last_ = out;
    }
    std::string constant(std::vector<float> const& numbers, Sizes const& dims) {
        return tensor(1, numbers.data(), numbers.size() * sizeof(float), dims);
    }
    std::string constant(std::vector<std::int64_t> const& numbers) {
        return tensor(7, numbers.data(), numbers.size() * sizeof(std::int64_t), {numbers.size()});
    }
    std::string tensor(unsigned type, void const* bytes, std::size_t size, Sizes const& dims) {
        auto const name = fresh();
        ProtoMessage t;
        for (auto const d : dims) t.number(1, d);
        t.number(2, type);
        t.text(8, name);
        t.text(9, std::string(static_cast<char const*>(bytes), size));
        graph_.message(5, t);
        return name;
    }
    void value(unsigned field, char const* name, Sizes const& dims) {
        ProtoMessage shape, tensor, type, info;
        for (std::size_t const n : dims) {
            ProtoMessage dim;
            dim.number(1, n);
            shape.message(1, dim);
        }
        tensor.number(1, 1);
        tensor.message(2, shape);
        type.message(1, tensor);
        info.text(1, name);
        info.message(2, type);
        graph_.message(field, info);
    }

    /// The next parameters.
    std::vector<float> take(std::size_t n) {
        std::vector<float> all(p_, p_ + n);
        p_ += n;
        return all;
    }
    std::string next(Sizes const& dims) {
        std::size_t n = 1;
        for (auto const d : dims) n *= d;
        return constant(take(n), dims);
    }
    void turn_to_channels_first() {
        if (shape_[2] == 1)
            then("Reshape", {constant({std::int64_t(batch_), 1, std::int64_t(shape_[0]),
                                       std::int64_t(shape_[1])})});
        else then("Transpose", {}, {{"perm", {0, 3, 1, 2}}});
    }
    /// x kernel + bias; a 2-D x with Gemm, others with MatMul and Add.
    void dense(std::size_t in, std::size_t out) {
        auto const kernel = next({in, out}), bias = next({out});
        if (shape_.size() == 1) {
            then("Gemm", {kernel, bias});
        } else {
            then("MatMul", {kernel});
            then("Add", {bias});
        }
        shape_.back() = out;
    }
    void norm(std::size_t d) {
        auto const scale = next({d}), shift = next({d});
        then("LayerNormalization", {scale, shift},
             {{"axis", {-1}, nullptr, true}, {"epsilon", {}, nullptr, false, 1e-5f, true}});
    }

    void add(Layer const& l) {
        auto const whole = [](std::size_t n) { return std::int64_t(n); };
        switch (l.kind) {
        case Layer::dense:
            if (flattened_.empty()) return dense(shape_.back(), l.a);
            return dense_of_image(l.a);
        case Layer::relu:
            then("Relu");
            return;
        case Layer::softmax:
            then("Softmax", {}, {{"axis", {-1}, nullptr, true}});
            return;
        case Layer::flatten:
            then("Flatten");
            flattened_ = shape_;
            shape_ = {shape_[0] * shape_[1] * shape_[2]};
            return;
        case Layer::conv_2d: {
            std::size_t const k = l.b, c = shape_[2], f = l.a;
            auto const from = take(k * k * c * f);
            std::vector<float> to(from.size());
            for (std::size_t at = 0; at < k * k; ++at)
                for (std::size_t i = 0; i < c; ++i)
                    for (std::size_t o = 0; o < f; ++o)
                        to[(o * c + i) * k * k + at] = from[(at * c + i) * f + o];
            auto const kernel = constant(to, {f, c, k, k}), bias = next({f});
            auto const pad = whole(l.c ? (k - 1) / 2 : 0);
            then("Conv", {kernel, bias},
                 {{"kernel_shape", {whole(k), whole(k)}}, {"pads", {pad, pad, pad, pad}}});
            if (!l.c) shape_[0] -= k - 1, shape_[1] -= k - 1;
            shape_[2] = f;
            return;
        }
        case Layer::max_pool_2d:
            then("MaxPool", {},
                 {{"kernel_shape", {whole(l.a), whole(l.a)}},
                  {"strides", {whole(l.a), whole(l.a)}}});
            shape_[0] /= l.a, shape_[1] /= l.a;
            return;
        case Layer::lstm:
            return lstm(l.a);
        case Layer::encoder:
            return encoder(l.a, l.b, shape_[1]);
        case Layer::embedding:
        case Layer::mean_over_time:
            throw NotDone{};
        }
    }
    void dense_of_image(std::size_t out) {
        std::size_t const h = flattened_[0], w = flattened_[1], c = flattened_[2];
        auto const from = take(h * w * c * out);
        std::vector<float> to(from.size());
        for (std::size_t at = 0; at < h * w; ++at)
            for (std::size_t k = 0; k < c; ++k)
                std::memcpy(&to[(k * h * w + at) * out], &from[(at * c + k) * out],
                            out * sizeof(float));
        flattened_.clear();
        auto const kernel = constant(to, {h * w * c, out}), bias = next({out});
        then("Gemm", {kernel, bias});
        shape_ = {out};
    }
    void lstm(std::size_t u) {
        std::size_t const in = shape_[1];
        constexpr std::size_t gates[]{0, 3, 1, 2}; // ONNX: i o f c; the task: i f g o
        auto const turned = [&](std::vector<float> const& from, std::size_t rows) {
            std::vector<float> to(from.size());
            for (std::size_t g = 0; g < 4; ++g)
                for (std::size_t k = 0; k < u; ++k)
                    for (std::size_t r = 0; r < rows; ++r)
                        to[(g * u + k) * rows + r] = from[r * 4 * u + gates[g] * u + k];
            return to;
        };
        auto const w = constant(turned(take(in * 4 * u), in), {1, 4 * u, in});
        auto const r = constant(turned(take(u * 4 * u), u), {1, 4 * u, u});
        auto bias = turned(take(4 * u), 1);
        bias.resize(8 * u);
        auto const b = constant(bias, {1, 8 * u});
        then("Transpose", {}, {{"perm", {1, 0, 2}}});
        auto const h = fresh();
        put("LSTM", {last_, w, r, b}, Names{"", h},
            {{"hidden_size", {std::int64_t(u)}, nullptr, true}});
        last_ = h;
        shape_ = {u};
        then("Reshape", {constant({std::int64_t(batch_), std::int64_t(u)})});
    }
    void encoder(std::size_t heads, std::size_t hidden, std::size_t d) {
        std::size_t const width = d / heads;
        auto const x = last_;
        auto const split =
            constant({0, 0, std::int64_t(heads), std::int64_t(width)}); // 0: as it is
        auto const head = [&](std::vector<std::int64_t> const& perm) {
            last_ = x;
            dense(d, d);
            then("Reshape", {split});
            return then("Transpose", {}, {{"perm", perm}});
        };
        auto const q = head({0, 2, 1, 3}), k = head({0, 2, 3, 1}), v = head({0, 2, 1, 3});
        last_ = q;
        then("MatMul", {k});
        then("Mul", {constant(std::vector<float>{1 / std::sqrt(float(width))}, {1})});
        then("Softmax", {}, {{"axis", {-1}, nullptr, true}});
        then("MatMul", {v});
        then("Transpose", {}, {{"perm", {0, 2, 1, 3}}});
        then("Reshape", {constant({0, 0, std::int64_t(d)})});
        dense(d, d);
        then("Add", {x});
        norm(d);
        auto const middle = last_;
        dense(d, hidden);
        then("Relu");
        dense(hidden, d);
        then("Add", {middle});
        norm(d);
    }
};

} // namespace bench
