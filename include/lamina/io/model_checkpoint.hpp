// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/io/save.hpp>
#include <lamina/model/callbacks/callback.hpp>
#include <lamina/model/callbacks/monitor.hpp>

#if LAMINA_BODIES
#include <lamina/core/message.hpp>

#include <charconv>
#include <cstdio>

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif
#endif

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace lamina {

struct ModelCheckpointOptions {
    std::string path; // "model.h5", "epoch-{epoch}.safetensors", "{val_loss}.h5"
    std::string monitor = "val_loss";
    bool save_best_only = false;    // only after an epoch that monitors better than all before
    bool save_weights_only = false; // without the optimizer and the progress
    bool keep_previous = false;     // the file before it stays: see load_last
    Mode mode = Mode::automatic;
    double baseline = no_baseline; // with save_best_only: to be better than from the beginning
    std::size_t every_epochs = 1;  // 0: never after an epoch
    std::size_t every_batches = 0; // 0: never within an epoch
};

namespace detail {
/// The path with the values in place of the names in braces.
std::string checkpoint_path(std::string_view path, Training const& training);
/// Where keep_previous leaves the file before: "previous-m.h5" beside "m.h5".
std::string previous_path(std::string const& path);
/// What was the newest file so far becomes the previous one.
void step_back(std::string const& path);
[[noreturn]] void refuse_never();
[[noreturn]] void refuse_both(std::string const& newest, std::string const& previous);
} // namespace detail

/// Saves the model while it is trained; a run that was stopped goes on from such a file bit for
/// bit: `load(model, path); model.fit(x, y, {..., .resume = true});`. In the path {epoch} becomes
/// the number of the epoch, counted from 1, {batch} that of the batch, {loss} and the other names
/// of the log their values with four places. Each file is written whole or not at all.
///
///     ModelCheckpoint checkpoint{model, {.path = "best.h5", .save_best_only = true}};
///     model.fit(x, y, {.validation_split = 0.2f, .callbacks = {&checkpoint}});
///
/// Errors      the path's suffix or the name in braces is not known: Error (argument), before the
///             first batch where that can be seen; the file cannot be saved: Error (file)
/// Source      keras.callbacks.ModelCheckpoint
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
class ModelCheckpoint final : public Callback {
public:
    ModelCheckpoint(Model const& model, ModelCheckpointOptions options)
        : model_(model), options_(std::move(options)) {
        detail::check_suffix(Formats{}, options_.path);
        if (options_.every_epochs == 0 && options_.every_batches == 0) detail::refuse_never();
    }

    /// The file that was saved last; empty: none yet.
    std::string const& last_path() const { return last_path_; }
    /// The best value so far.
    double best() const { return best_.value(); }

    void on_train_begin(Training&) override {
        best_ = detail::Best(options_.mode, options_.monitor, 0.0, options_.baseline);
        batches_ = 0;
    }
    void on_batch_end(Training& training) override {
        if (options_.every_batches == 0 || ++batches_ % options_.every_batches != 0) return;
        write(training);
    }
    void on_epoch_end(Training& training) override {
        if (options_.every_epochs == 0 || (training.epoch + 1) % options_.every_epochs != 0) return;
        if (options_.save_best_only &&
            !best_.better(detail::monitored(training, options_.monitor, "ModelCheckpoint")))
            return;
        write(training);
    }

private:
    void write(Training const& training) {
        std::string const path = detail::checkpoint_path(options_.path, training);
        SaveOptions const options{.optimizer = !options_.save_weights_only};
        auto const parts = detail::parts_of(model_);
        // A file that this run did not write may be damaged: it takes no whole one's place.
        if (options_.keep_previous && path == last_path_) detail::step_back(path);
        detail::save_view(Formats{}, detail::view_of(model_, parts.data()), path, options);
        last_path_ = path;
    }
    Model const& model_;
    ModelCheckpointOptions options_;
    detail::Best best_;
    std::string last_path_;
    std::size_t batches_ = 0;
};

/// Which file was loaded; `why` is what is wrong with the newer one, or empty.
struct LoadedLast {
    std::string path, why;
};

/// Loads what a ModelCheckpoint with `keep_previous` saved last; where that file is damaged or
/// missing, the one before it. A run goes on from either.
///
///     auto const [path, why] = load_last(model, "model.h5");
///     if (!why.empty()) std::cerr << why << "\n" << path << " is loaded in its place.\n";
///
/// Errors      neither can be loaded: Error (data), with both reasons
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
LoadedLast load_last(Model& model, std::string const& path, LoadOptions const& options = {}) {
    LoadedLast last{path, {}};
    LAMINA_TRY {
        load<Model, Formats>(model, path, options);
        return last;
    }
    LAMINA_CATCH(Error const& error, last.why = error.what();)
    last.path = detail::previous_path(path);
    LAMINA_TRY { load<Model, Formats>(model, last.path, options); }
    LAMINA_CATCH(Error const& error, detail::refuse_both(last.why, error.what());)
    return last;
}

#if LAMINA_BODIES

namespace detail {

[[gnu::cold]] LAMINA_INLINE std::string previous_path(std::string const& path) {
    auto const name = path.rfind('/') + 1; // 0 where there is no folder
    return path.substr(0, name) + "previous-" + path.substr(name);
}

[[gnu::cold]] LAMINA_INLINE void step_back(std::string const& path) {
    std::string const previous = previous_path(path);
#if __has_include(<unistd.h>)
    // It keeps its own name until the next file takes that: whoever stops meanwhile finds it there.
    std::string const second = previous + ".link";
    ::unlink(second.c_str());
    if (::linkat(AT_FDCWD, path.c_str(), AT_FDCWD, second.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        bool const done = std::rename(second.c_str(), previous.c_str()) == 0;
        ::unlink(second.c_str()); // rename leaves two names of one file alone
        if (done) return;
    }
#endif
    // Where a file cannot have two names. If that fails too, the next takes its place.
    (void)std::rename(path.c_str(), previous.c_str());
}

[[gnu::cold]] LAMINA_INLINE void refuse_never() {
    refuse("ModelCheckpoint", {"every_epochs and every_batches are both 0, so it never saves. Give "
                               "at least one of them."});
}

[[gnu::cold]] LAMINA_INLINE void refuse_both(std::string const& newest,
                                             std::string const& previous) {
    fail(Error::Kind::data, {"load_last"}, {newest, " The file before it: ", previous});
}

[[gnu::cold]] LAMINA_INLINE std::string checkpoint_value(Training const& training,
                                                         std::string const& name) {
    if (name == "epoch") return message({training.epoch + 1});
    if (name == "batch") return message({training.batch});
    char digits[400]; // of the largest double
    double const value = detail::monitored(training, name, "ModelCheckpoint");
    auto const end =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 4).ptr;
    return {digits, end};
}

[[gnu::cold]] LAMINA_INLINE std::string checkpoint_path(std::string_view path,
                                                        Training const& training) {
    std::string out;
    while (true) {
        auto const open = path.find('{'), close = path.find('}', open);
        out += path.substr(0, open);
        if (open == path.npos || close == path.npos) return out;
        out += checkpoint_value(training, std::string(path.substr(open + 1, close - open - 1)));
        path.remove_prefix(close + 1);
    }
}

} // namespace detail

#endif

} // namespace lamina
