// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/kernels.hpp"
#include "support/layers.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <thread>
#include <type_traits>
#include <vector>

// Counts every allocation of the program, on every thread.
namespace {

std::atomic<std::size_t> allocations{0};
void* counted(std::size_t n, std::size_t alignment) {
    ++allocations;
    void* const p = alignment > alignof(std::max_align_t)
                        ? std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment)
                        : std::malloc(n);
    if (!p) throw std::bad_alloc();
    return p;
}

} // namespace

[[gnu::noinline]] void* operator new(std::size_t n) { return counted(n, 1); }
[[gnu::noinline]] void* operator new[](std::size_t n) { return counted(n, 1); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
    return counted(n, std::size_t(a));
}
[[gnu::noinline]] void* operator new[](std::size_t n, std::align_val_t a) {
    return counted(n, std::size_t(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}

using namespace lamina;
using testing::Task;

namespace {

/// What fit allocates between its first batch and its last epoch's end.
struct Watch final : Callback {
    std::size_t before = 0, during = 0;
    bool begun = false;
    void on_batch_end(Training&) override {
        if (!begun) before = allocations;
        begun = true;
        during = allocations - before;
    }
    void on_epoch_end(Training&) override { during = allocations - before; }
};

template <class M>
std::size_t allocated_by_fit(M& model, Arrays const& x, Arrays const& y, FitOptions options) {
    Watch watch;
    options.callbacks = {&watch};
    model.fit(x, y, options);
    CHECK(watch.begun);
    return watch.during;
}

} // namespace

TEST_CASE("fit allocates nothing after the first batch") {
    Task const task(500);
    auto small = compile(
        Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dropout{.rate = 0.1f}, Dense<1>{}, Sigmoid{}},
        Adam{}, BinaryCrossentropy{}, Accuracy{}, Precision{}, AUC{});
    std::FILE* const log = std::tmpfile();
    CHECK(allocated_by_fit(small, task.features(), task.y,
                           {.epochs = 5, .validation_split = 0.2f, .verbose = 1, .log = log}) == 0);
    std::fclose(log);
    auto large =
        compile(Sequential{Input<3>{}, Dense<300>{}, BatchNormalization{}, ReLU{},
                           Dense<300, KernelConstraint<MaxNorm<1>>, BiasConstraint<NonNegative>>{},
                           LayerNormalization{}, Tanh{}, Dense<1>{}, Sigmoid{}},
                Adam{}, BinaryCrossentropy{}, Accuracy{});
    std::vector<float> const weight(500, 2.0f);
    for (std::size_t const threads : {1u, 3u}) {
        CAPTURE(threads);
        CHECK(allocated_by_fit(large, task.features(), task.y,
                               {.epochs = 3,
                                .batch_size = 64,
                                .validation_split = 0.2f,
                                .sample_weight = weight,
                                .verbose = 0,
                                .threads = threads}) == 0);
    }
}

namespace {

/// Short shapes of a network's kind: nothing is allocated, whatever the threads; 70 samples make a
/// shorter batch at the end.
template <class X, class D, class O = Adam>
void check_fit(D const& definition, std::initializer_list<std::size_t> of_sample, int classes,
               O const& optimizer = {}) {
    std::size_t const samples = 70;
    std::size_t size = samples;
    std::vector<std::size_t> shape{samples};
    for (std::size_t const n : of_sample) size *= n, shape.push_back(n);
    std::vector<X> x(size);
    for (std::size_t i = 0; i < size; ++i)
        x[i] = std::is_integral_v<X> ? X(Random{1}.below(i, 50)) : X(Random{1}.uniform(i));
    std::vector<int> labels(samples);
    for (std::size_t s = 0; s < samples; ++s)
        labels[s] = int(Random{2}.below(s, std::size_t(classes)));
    auto const array = shape.size() == 4 ? Array(x.data(), {samples, shape[1], shape[2], shape[3]})
                       : shape.size() == 3 ? Array(x.data(), {samples, shape[1], shape[2]})
                                           : Array(x.data(), {samples, shape[1]});
    for (std::size_t const threads : {1u, 2u}) {
        CAPTURE(threads);
        auto model = compile(definition, optimizer, SparseCategoricalCrossentropy{}, Accuracy{});
        CHECK(allocated_by_fit(model, array, Array(labels),
                               {.epochs = 2, .batch_size = 32, .verbose = 0, .threads = threads}) ==
              0);
    }
}

} // namespace

TEST_CASE("fit with several outputs, each with a loss of its own, allocates nothing") {
    Task const task(200), held(48, 2);
    auto model =
        compile(graph<Input<3>>([](auto x) {
                    auto const h = x | Dense<16, ReLU>{};
                    return outputs(h | named<"yes_or_no_of_the_first_surface">(Dense<1, Sigmoid>{}),
                                   h | Dense<1>{});
                }),
                Adam{}, losses(BinaryCrossentropy{}, weighted(0, MeanSquaredError{})), Accuracy{},
                at<1>(MeanAbsoluteError{}));
    FitOptions options{.epochs = 5, .batch_size = 64};
    options.validation_data = {held.features(), {held.y, held.y}};
    options.log = std::tmpfile();
    CHECK(allocated_by_fit(model, task.features(), {task.y, task.y}, options) == 0);
    std::fclose(options.log);
}

TEST_CASE("fit of convolutions allocates nothing after the first batch") {
    check_fit<float>(Sequential{Input<12, 12, 1>{}, Conv2D<32, 3>{}, ReLU{}, Conv2D<64, 3>{},
                                ReLU{}, MaxPooling2D<2>{}, Flatten{}, Dense<128>{}, ReLU{},
                                Dense<10>{}, Softmax{}},
                     {12, 12, 1}, 10);
}

TEST_CASE("fit of an LSTM allocates nothing after the first batch") {
    check_fit<float>(Sequential{Input<9, 64>{}, LSTM<128>{}, Dense<10>{}, Softmax{}}, {9, 64}, 10);
}

TEST_CASE("fit of a Transformer's layer allocates nothing after the first batch") {
    check_fit<float>(Sequential{Input<16, 128>{}, TransformerEncoderLayer<8, 512>{},
                                GlobalAveragePooling1D{}, Dense<10>{}, Softmax{}},
                     {16, 128}, 10);
}

TEST_CASE("fit of an embedding allocates nothing after the first batch") {
    check_fit<std::int32_t>(Sequential{Tokens<20>{}, Embedding<2000, 64>{},
                                       GlobalAveragePooling1D{}, Dense<4>{}, Softmax{}},
                            {20}, 4);
}

TEST_CASE("fit with parts of rates and decay, or groups of batches, allocates nothing more") {
    Sequential const texts{Tokens<20>{}, named<"words">(Embedding<50, 16>{}), LSTM<32>{},
                           Dense<3>{}, Softmax{}};
    check_fit<std::int32_t>(
        texts, {20}, 3,
        scale_learning_rate<"words", "lstm/bias">({0.1, 2}, exclude_from_weight_decay(AdamW{})));
    check_fit<std::int32_t>(texts, {20}, 3, accumulate_gradients(3, Adam{}));
}

TEST_CASE("predict_into allocates nothing once the workspace has seen the batch") {
    Task const task(100);
    auto model = compile(
        Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<300>{}, GELU{}, Dense<4>{}, Softmax{}},
        Adam{}, SparseCategoricalCrossentropy{});
    auto work = model.workspace();
    std::vector<float> y(400);
    model.predict_into(task.x.data(), 100, y.data(), work);
    std::size_t const before = allocations;
    for (int i = 0; i < 10'000; ++i)
        model.predict_into(task.x.data() + 3 * (i % 100), 1, y.data(), work);
    for (int i = 0; i < 10; ++i) model.predict_into(task.x.data(), 100, y.data(), work);
    CHECK(allocations == before);
}

TEST_CASE("the counter counts") {
    std::size_t const before = allocations;
    void* volatile p = ::operator new(8); // volatile: a pair that nobody looks at may be left out
    ::operator delete(p);
    CHECK(allocations > before);
}

TEST_CASE("stepping allocates nothing after the stepper's construction") {
    auto const net = graph<Tokens<4>, Tokens<6>>([](auto from, auto to) {
        auto memory = from | Embedding<9, 6, MaskZero>{};
        auto words = to | Embedding<9, 6>{};
        auto h = words | testing::Attention<Causal>{} | LayerNormalization{};
        return join(h, memory) | testing::Attention<>{} | Dense<6, ReLU>{} | tied(words);
    });
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    Weights<N> const weights(net);
    Stepper<N, 1> step(weights);
    std::int32_t const tokens[]{3, 1, 0, 0, 5, 7};
    std::size_t const before = allocations;
    for (int round = 0; round < 3; ++round) {
        step.start(tokens);
        for (std::int32_t const& token : tokens) step(&token);
    }
    CHECK(allocations == before);
}
