// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/document.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// Numbers that a tensor of ours and one of a PyTorch state_dict have in common, where they lie in
/// both: axes with a count and a step on either side. The way there is the way back.
struct TorchPiece {
    struct Axis {
        std::size_t count, ours, theirs; // steps
    };
    std::string name;                 ///< within the module: "weight", "out_proj.bias"
    std::vector<std::uint64_t> shape; ///< of PyTorch's tensor
    std::vector<Axis> axes;
    std::size_t ours = 0, theirs = 0; ///< where the first number lies
    bool added = false;               ///< read: added to what the piece before gave; written: zeros

    /// f(place in ours, place in theirs) for each number.
    template <class F>
    void for_each(F&& f) const {
        walk(0, ours, theirs, f);
    }

private:
    template <class F>
    void walk(std::size_t axis, std::size_t a, std::size_t b, F& f) const {
        if (axis == axes.size()) return f(a, b);
        auto const& its = axes[axis];
        for (std::size_t i = 0; i < its.count; ++i)
            walk(axis + 1, a + i * its.ours, b + i * its.theirs, f);
    }
};

namespace detail {

using TorchShape = std::vector<std::uint64_t>;

[[gnu::cold]] inline std::size_t torch_product(TorchShape const& dims, std::size_t begin,
                                               std::size_t end) {
    std::size_t n = 1;
    for (std::size_t i = begin; i < end; ++i) n *= dims[i];
    return n;
}
/// What a layer within TimeDistributed is to PyTorch: the layer itself.
[[gnu::cold]] inline Part const& torch_part(Part const& part) {
    return part.type == "TimeDistributed" && !part.parts.empty() ? part.parts[0] : part;
}
[[gnu::cold]] inline bool has_setting(Part const& part, std::string_view name,
                                      std::string_view value) {
    auto const* const found = part.find(name);
    return found && *found == value;
}

/// In which order a row's features come out of PyTorch's Flatten: channels first. Empty: as ours;
/// else the axes that were flattened, the channels last.
class TorchFeatures {
public:
    [[gnu::cold]] explicit TorchFeatures(Document const& document)
        : document_(document), dims_(document.layers.size()), mixed_(document.layers.size()) {
        for (std::size_t i = 0; i < dims_.size(); ++i) {
            auto const& row = document.layers[i];
            if (row.inputs.empty()) continue;
            auto const before = row.inputs[0];
            auto const& in = document.layers[before];
            bool const flattens = row.output.size() == 1 && in.output.size() > 1 &&
                                  (row.part.type == "Flatten" || row.part.type == "Reshape");
            if (flattens) {
                if (channels_first(before)) dims_[i] = in.output;
            } else if (row.inputs.size() == 1 || row.part.type == "Add") {
                // what treats each feature alone leaves their order
                if (row.output == in.output && row.part.type != "Dense") {
                    dims_[i] = dims_[before];
                    mixed_[i] = mixed_[before];
                }
            } else {
                for (auto const k : row.inputs)
                    mixed_[i] = mixed_[i] || mixed_[k] || !dims_[k].empty();
            }
        }
    }
    TorchShape const& operator[](std::size_t row) const { return dims_[row]; }
    /// Some of a row's features are in PyTorch's order and others are not.
    bool mixed(std::size_t row) const { return mixed_[row]; }

private:
    /// Images have their channels first in PyTorch, and so has what convolution and pooling make of
    /// a sequence; what recurrent layers, attention and embeddings give has its features last.
    [[gnu::cold]] bool channels_first(std::size_t row) const {
        if (document_.layers[row].output.size() == 3) return true;
        while (true) {
            auto const& r = document_.layers[row];
            if (r.output.size() != 2 || r.inputs.empty()) return false;
            std::string_view const type = r.part.type;
            if (type.starts_with("Conv") || type.starts_with("DepthwiseConv") ||
                type.find("Pooling1D") != type.npos)
                return true;
            if (r.output != document_.layers[r.inputs[0]].output || type == "Dense" ||
                r.part.find("return_sequences") || type == "MultiHeadAttention")
                return false;
            row = r.inputs[0];
        }
    }
    Document const& document_;
    std::vector<TorchShape> dims_;
    std::vector<bool> mixed_;
};

/// Puts together where the tensors of one row lie in PyTorch's module.
class TorchLayout {
public:
    /// suffix: of a recurrent layer's tensors, "_l0" or "_l1_reverse".
    [[gnu::cold]] TorchLayout(Document const& document, TorchFeatures const& features,
                              std::size_t row, std::string suffix)
        : document_(document), features_(features), row_(document.layers[row]),
          part_(torch_part(row_.part)), suffix_(std::move(suffix)), index_(row) {}

    /// Why PyTorch has no such module; empty: it has.
    [[gnu::cold]] std::string refusal() const {
        if (has_setting(part_, "reset_after", "false"))
            return "GRU with ResetBefore, which PyTorch does not have";
        if (has_setting(part_, "axes", "2") && row_.output.size() == 3)
            return "LayerNormalization over width and channels, which PyTorch does not have";
        bool const reads = part_.type == "Dense" && features_.mixed(row_.inputs[0]);
        if (reads || (features_.mixed(index_) && !row_.parameters.empty()))
            return part_.type + " behind Concatenate of a flattened image, whose features PyTorch "
                                "has in another order";
        return {};
    }

    [[gnu::cold]] std::vector<TorchPiece> pieces(Entry const& e) const {
        std::string const name = e.name.substr(e.name.rfind('/') + 1);
        auto const& type = part_.type;
        auto const& s = e.shape;
        std::size_t const rank = s.size();
        if (type == "MultiHeadAttention") return attention(name, s);
        if (part_.find("return_sequences")) return recurrent(name, s);
        if (type == "Dense" && name == "kernel") {
            TorchPiece p{"weight", {s[1], s[0]}, {}};
            add_features(p, row_.inputs[0], s[0], s[1], 1);
            p.axes.push_back({s[1], 1, s[0]});
            return {p};
        }
        if (name == "kernel" && part_.find("depth_multiplier")) {
            // (k..., channels, multiplier) and (channels multiplier, 1, k...)
            std::size_t const taps = torch_product(s, 0, rank - 2);
            TorchPiece p{"weight", {s[rank - 2] * s[rank - 1], 1}, {}};
            p.shape.insert(p.shape.end(), s.begin(), s.end() - 2);
            p.axes = {{taps, s[rank - 2] * s[rank - 1], 1}, {s[rank - 2] * s[rank - 1], 1, taps}};
            return {p};
        }
        if (name == "kernel" && part_.find("kernel_size")) {
            // (k..., in, out) and (out, in, k...); a transpose has (k..., out, in) and (in, out,
            // k...)
            std::size_t const taps = torch_product(s, 0, rank - 2), a = s[rank - 2],
                              b = s[rank - 1];
            TorchPiece p{"weight", {b, a}, {}};
            p.shape.insert(p.shape.end(), s.begin(), s.end() - 2);
            p.axes = {{taps, a * b, 1}, {a, b, taps}, {b, 1, a * taps}};
            return {p};
        }
        if (part_.find("axes") && rank == 3) { // (height, width, channels) and (channels, ...)
            std::size_t const pixels = s[0] * s[1];
            return {{leaf(name), {s[2], s[0], s[1]}, {{pixels, s[2], 1}, {s[2], 1, pixels}}}};
        }
        TorchPiece p{leaf(name), s, {}};
        bool const vector =
            rank == 1 && row_.output.size() == 1 && s[0] == row_.output[0] && type != "Dense";
        if (vector) add_features(p, index_, s[0], 1, 1);
        else p.axes = {{e.size(), 1, 1}};
        return {p};
    }

private:
    [[gnu::cold]] static std::string leaf(std::string const& name) {
        if (name == "kernel" || name == "gamma" || name == "alpha" || name == "embeddings")
            return "weight";
        if (name == "beta") return "bias";
        if (name == "moving_mean") return "running_mean";
        if (name == "moving_variance") return "running_var";
        return name;
    }
    /// The axis of a row's features, `ours` and `theirs` apart.
    [[gnu::cold]] void add_features(TorchPiece& p, std::size_t row, std::size_t count,
                                    std::size_t ours, std::size_t theirs) const {
        auto const& dims = features_[row];
        std::size_t const last = dims.size() - 1;
        if (dims.empty()) return p.axes.push_back({count, ours, theirs});
        for (std::size_t i = 0; i < last; ++i)
            p.axes.push_back({dims[i], torch_product(dims, i + 1, dims.size()) * ours,
                              torch_product(dims, i + 1, last) * theirs});
        p.axes.push_back({dims[last], ours, torch_product(dims, 0, last) * theirs});
    }

    /// Gates side by side in ours and one below the other in theirs.
    [[gnu::cold]] std::vector<TorchPiece> recurrent(std::string const& name,
                                                    TorchShape const& s) const {
        bool const gru = part_.type == "GRU";
        std::size_t const gates = gru ? 3 : part_.type == "LSTM" ? 4 : 1;
        std::size_t const columns = s.back(), u = columns / gates;
        std::vector<TorchPiece> out;
        auto const add = [&](char const* its, std::size_t rows, std::size_t from, bool added) {
            for (std::size_t g = 0; g < gates; ++g) {
                // z r n of ours are 1, 0, 2 of theirs; i f g o are the same
                std::size_t const to = gru && g < 2 ? 1 - g : g;
                TorchPiece p{its + suffix_, {columns}, {}};
                if (rows > 0) p.shape.push_back(rows);
                std::size_t const step = std::max<std::size_t>(rows, 1);
                p.axes = {{step, columns, 1}, {u, 1, step}};
                p.ours = from + g * u;
                p.theirs = to * u * step;
                p.added = added;
                out.push_back(std::move(p));
            }
        };
        if (name == "kernel") add("weight_ih", s[0], 0, false);
        else if (name == "recurrent_kernel") add("weight_hh", s[0], 0, false);
        else {
            add("bias_ih", 0, 0, false);
            add("bias_hh", 0, gru ? columns : 0, !gru); // a GRU has both, others their sum
        }
        return out;
    }

    /// Queries, keys and values one below the other where they are alike.
    [[gnu::cold]] std::vector<TorchPiece> attention(std::string const& name,
                                                    TorchShape const& s) const {
        auto const& parameters = row_.parameters;
        std::size_t const step = parameters.size() / 4; // with a bias or without
        auto const shape = [&](std::size_t k) -> TorchShape const& {
            return document_.parameters[parameters[k * step]].shape;
        };
        std::size_t const width = shape(0)[0], all = shape(0)[1] * shape(0)[2];
        bool const plain = all == width && shape(3)[2] == width && shape(1)[1] == shape(0)[1] &&
                           shape(2)[1] == shape(0)[1] && shape(2)[2] == shape(0)[2];
        bool const alike = plain && shape(1)[0] == width && shape(2)[0] == width;
        std::string const which = name.substr(0, name.find('_'));
        bool const bias = name.ends_with("_bias");
        if (which == "output") {
            std::string const module = plain ? "out_proj." : "o_proj.";
            if (bias) return {{module + "bias", s, {{s[0], 1, 1}}}};
            std::size_t const in = s[0] * s[1], out = s[2];
            return {{module + "weight", {out, in}, {{in, out, 1}, {out, 1, in}}}};
        }
        std::size_t const place = which == "query" ? 0 : which == "key" ? 1 : 2;
        std::string const letter(1, "qkv"[place]);
        if (bias) {
            std::size_t const n = torch_product(s, 0, s.size());
            TorchPiece p{plain ? "in_proj_bias" : letter + "_proj.bias", {plain ? 3 * n : n}, {}};
            p.axes = {{n, 1, 1}};
            p.theirs = plain ? place * n : 0;
            return {p};
        }
        std::size_t const in = s[0], out = s[1] * s[2];
        TorchPiece p{alike   ? std::string("in_proj_weight")
                     : plain ? letter + "_proj_weight"
                             : letter + "_proj.weight",
                     {alike ? 3 * out : out, in},
                     {}};
        p.axes = {{in, out, 1}, {out, 1, in}};
        p.theirs = alike ? place * out * in : 0;
        return {p};
    }

    Document const& document_;
    TorchFeatures const& features_;
    LayerRecord const& row_;
    Part const& part_;
    std::string suffix_;
    std::size_t index_;
};

} // namespace detail
} // namespace lamina
