// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/words.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Keras' objects in JSON: their class, where it is found, and their options.
namespace lamina {

/// Of the two forms that Keras writes: in the attributes of an .h5 file layers and models go by
/// their class alone; in a .keras archive every object says its module, and layers how they were
/// built. Source: keras/src/saving/serialization_lib.py, serialize_keras_object; files of Keras
/// 3.16.
enum class KerasForm { hdf5, archive };

namespace detail {

/// Opens {"module": ..., "class_name": ..., "config": {
[[gnu::cold]] inline void open_keras_object(JsonWriter& json, KerasForm form,
                                            std::string_view module, std::string_view class_name) {
    json.object();
    if (form == KerasForm::archive) json.member("module", module);
    json.member("class_name", class_name);
    json.key("config");
    json.object();
}
/// Closes its options; what else it has may follow, and then end().
[[gnu::cold]] inline void close_keras_config(JsonWriter& json, KerasForm form,
                                             std::string_view registered = {}) {
    json.end();
    if (form == KerasForm::hdf5) return;
    json.key("registered_name");
    if (registered.empty()) json.null();
    else json.value(registered);
}
/// An initializer or a regularizer, which say their module in both forms.
[[gnu::cold]] inline void write_keras_object(JsonWriter& json, std::string_view module,
                                             Part const& part) {
    open_keras_object(json, KerasForm::archive, module, part.type);
    for (auto const& [name, value] : part.settings) {
        json.key(name);
        json.raw(value);
    }
    close_keras_config(json, KerasForm::archive);
    json.end();
}
/// "float32", or the policy of that name.
[[gnu::cold]] inline void write_keras_dtype(JsonWriter& json, KerasForm form,
                                            std::string_view name) {
    json.key("dtype");
    if (form == KerasForm::hdf5) return json.value(name);
    Part policy{.type = "DTypePolicy"};
    policy.settings.emplace_back("name", message({"\"", name, "\""}));
    write_keras_object(json, "keras", policy);
}
/// [null, 8, 3]: null for the batch.
[[gnu::cold]] inline void write_keras_shape(JsonWriter& json,
                                            std::vector<std::uint64_t> const& shape) {
    json.array();
    json.null();
    for (auto const d : shape) json.value(d);
    json.end();
}

/// The classes of keras.layers under whose names lamina's layers go.
[[gnu::cold]] inline bool is_keras_layer(std::string_view type) {
    for (std::string_view windowed = "Conv1D Conv2D Pooling1D Pooling2D"; !windowed.empty();)
        if (type.ends_with(take_word(windowed))) return true;
    return is_among(
        "Activation ActivityRegularization Add Average BatchNormalization Bidirectional "
        "Concatenate Conv1DTranspose Conv2DTranspose Cropping1D Cropping2D Dense "
        "Dot Dropout ELU Embedding Flatten GaussianNoise GroupNormalization "
        "GroupedQueryAttention GRU Identity InputLayer LayerNormalization LeakyReLU "
        "LSTM Masking Maximum Minimum MultiHeadAttention Multiply Permute PReLU ReLU "
        "RepeatVector Rescaling Reshape RMSNormalization SimpleRNN Softmax SpatialDropout1D "
        "SpatialDropout2D Subtract TimeDistributed UpSampling1D UpSampling2D "
        "ZeroPadding1D ZeroPadding2D",
        type);
}
/// Where a layer's class is found. Those that Keras does not have are found among what a program
/// registered with @keras.saving.register_keras_serializable("lamina").
[[gnu::cold]] inline std::string_view keras_layer_module(std::string_view type) {
    return is_keras_layer(type) ? "keras.layers" : "lamina";
}
/// What it is called there, where that is not the class' own name.
[[gnu::cold]] inline std::string keras_export_name(std::string const& type) {
    return type == "GroupedQueryAttention" ? "GroupQueryAttention" : type;
}
[[gnu::cold]] inline std::string keras_registered_name(std::string_view type) {
    return is_keras_layer(type) ? std::string() : message({"lamina>", type});
}
/// Keras does not write how it built a layer that has nothing to be built.
[[gnu::cold]] inline bool is_built_at_once(std::string_view type) {
    return type.find("Pooling") != type.npos || type.ends_with("Dropout") ||
           type.starts_with("SpatialDropout") ||
           is_among("Activation ActivityRegularization ELU GaussianNoise InputLayer LeakyReLU "
                    "Masking ReLU Softmax",
                    type);
}

} // namespace detail
} // namespace lamina
