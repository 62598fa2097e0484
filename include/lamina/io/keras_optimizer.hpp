// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/json_writer.hpp>
#include <lamina/data/number.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/keras_objects.hpp>
#include <lamina/io/keras_variables.hpp>
#include <lamina/io/words.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// A variable that Keras' optimizer keeps for a parameter, and where lamina keeps it.
struct KerasSlot {
    std::string name;      ///< "sequential_dense_kernel_momentum"
    std::size_t entry = 0; ///< of Document::slots
    std::vector<std::uint64_t> shape;
};

namespace detail {

[[gnu::cold]] inline double number_of(std::string const& text) {
    double value = 0;
    read_double(text.data(), text.data() + text.size(), value);
    return value;
}
[[gnu::cold]] inline bool is_on(Part const& part, std::string_view name) {
    return part.find(name) && !is_option(part, name, "0.0") && !is_option(part, name, "false");
}

/// The batches of which an optimizer gathers the gradients for a step; 0: it does not.
[[gnu::cold]] inline std::uint64_t accumulated_batches(Part const& optimizer) {
    auto const* const batches = optimizer.find("gradient_accumulation_steps");
    return batches ? static_cast<std::uint64_t>(number_of(*batches)) : 0;
}

/// Names of the numbers that Keras keeps, in the order of lamina's slots. Keras makes the variables
/// group by group: for each parameter all of the first group, then all of the second, ...
/// Source: keras/src/optimizers, build() of each.
struct KerasSlotGroup {
    char const *first, *second; // null: there is one
    std::size_t slot;           // of the first
};
[[gnu::cold]] inline List<KerasSlotGroup> keras_slot_groups(Part const& optimizer,
                                                            std::size_t slot_count) {
    std::string_view const type = optimizer.type;
    List<KerasSlotGroup> groups;
    // the last slot, but the first variables
    if (accumulated_batches(optimizer) > 0)
        groups.emplace_back("gradient_accumulator", nullptr, slot_count - 1);
    std::size_t slot = 0;
    auto const add = [&](bool has, char const* first, char const* second = nullptr) {
        if (!has) return;
        groups.emplace_back(first, second, slot);
        slot += second ? 2 : 1;
    };
    bool const amsgrad = type == "AMSGrad", rmsprop = type == "RMSprop";
    add(type == "Adam" || type == "AdamW" || type == "Nadam" || amsgrad, "momentum", "velocity");
    add(amsgrad, "velocity_hat");
    add(type == "Adamax", "momentum", "norm");
    add(type == "Adagrad", "accumulator");
    add(type == "Adadelta", "accumulated_grad", "accumulated_delta_var");
    add(rmsprop, "velocity");
    add(type == "Lion" || ((rmsprop || type == "SGD") && is_on(optimizer, "momentum")), "momentum");
    add(rmsprop && is_on(optimizer, "centered"), "average_gradient");
    return groups;
}

/// The options that Keras' optimizer of this class has beside those that all have.
[[gnu::cold]] inline std::string_view keras_optimizer_options(std::string_view type) {
    auto const own = row_of("SGD momentum nesterov\n"
                            "RMSprop rho momentum epsilon centered\n"
                            "Adagrad initial_accumulator_value epsilon\n"
                            "Adadelta rho epsilon\n"
                            "Lion beta_1 beta_2",
                            type);
    return own.empty() ? "beta_1 beta_2 epsilon" : own;
}

} // namespace detail

/// Has Keras an optimizer that does the same? Not in PyTorch's form, not with an average of the
/// weights, not with more than one way of clipping, and not with sums for groups of one batch.
[[gnu::cold]] inline bool keras_knows(Part const& optimizer) {
    using detail::is_on;
    bool const known = detail::is_among(
        "SGD Adam AdamW AMSGrad Adamax Nadam RMSprop Adagrad Adadelta Lion", optimizer.type);
    int const clips = is_on(optimizer, "clipvalue") + is_on(optimizer, "clipnorm") +
                      is_on(optimizer, "global_clipnorm");
    bool const as_keras = optimizer.type != "Nadam" || !optimizer.find("momentum_decay") ||
                          detail::is_option(optimizer, "momentum_decay", "1.0");
    return known && clips <= 1 && as_keras && !is_on(optimizer, "torch_form") &&
           !is_on(optimizer, "dampening") && !is_on(optimizer, "ema_momentum") &&
           detail::accumulated_batches(optimizer) != 1;
}

/// {"class_name": "Adam", "config": {...}}. A schedule goes over as the rate of the next step.
[[gnu::cold]] inline void write_keras_optimizer(detail::JsonWriter& json, KerasForm form,
                                                Document const& document) {
    auto const& optimizer = document.optimizer;
    bool const amsgrad = optimizer.type == "AMSGrad";
    detail::open_keras_object(json, form, "keras.optimizers",
                              amsgrad ? std::string("Adam") : optimizer.type);
    json.member("name", detail::keras_optimizer_name(optimizer));
    json.member("learning_rate", document.learning_rate);
    for (std::string_view all = "weight_decay clipnorm global_clipnorm clipvalue"; !all.empty();) {
        auto const name = detail::take_word(all);
        json.key(name);
        bool const given =
            detail::is_on(optimizer, name) || (name == "weight_decay" && optimizer.type == "AdamW");
        if (given) json.raw(*optimizer.find(name));
        else json.null();
    }
    if (auto const batches = detail::accumulated_batches(optimizer); batches > 1)
        json.member("gradient_accumulation_steps", batches);
    for (auto names = detail::keras_optimizer_options(optimizer.type); !names.empty();) {
        auto const name = detail::take_word(names);
        auto const* const value = optimizer.find(name);
        if (!value) continue;
        json.key(name);
        json.raw(*value);
    }
    if (amsgrad) json.member("amsgrad", true);
    detail::close_keras_config(json, form);
    json.end();
}

/// Where the variables of Keras' optimizer lie, in its order, for the parameters that are trained.
[[gnu::cold]] inline detail::List<KerasSlot> keras_slots(Document const& document,
                                                         KerasGraph const& graph) {
    detail::List<KerasSlot> out;
    for (auto const& group : detail::keras_slot_groups(document.optimizer, document.slot_count)) {
        for (auto const& layer : graph.layers) {
            for (auto const i : layer.rows) {
                auto const& row = document.layers[i];
                if (!row.trainable) continue;
                for (auto const p : row.parameters) {
                    std::string name =
                        detail::keras_variable(document, graph, layer, i, document.parameters[p]);
                    std::replace(name.begin(), name.end(), '/', '_');
                    auto const shape = detail::keras_shape(row, document.parameters[p]);
                    std::size_t const slot = p * document.slot_count + group.slot;
                    out.emplace_back(detail::message({name, "_", group.first}), slot, shape);
                    if (group.second)
                        out.emplace_back(detail::message({name, "_", group.second}), slot + 1,
                                         shape);
                }
            }
        }
    }
    return out;
}

/// The product of all momenta that Keras' Nadam keeps beside its slots; nothing for others.
/// Source: keras/src/optimizers/nadam.py, _backend_update_step.
[[gnu::cold]] inline std::optional<float> keras_momentum_product(Document const& document,
                                                                 std::uint64_t steps) {
    if (document.optimizer.type != "Nadam") return {};
    if (auto const batches = detail::accumulated_batches(document.optimizer)) steps /= batches;
    auto const* const beta = document.optimizer.find("beta_1");
    double const beta_1 = beta ? detail::number_of(*beta) : 0.9;
    double product = 1;
    for (std::uint64_t t = 1; t <= steps && product > 1e-46; ++t)
        product *= beta_1 * (1 - 0.5 * std::pow(0.96, double(t)));
    return float(product);
}

} // namespace lamina
