// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <dlib/dnn.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <omp.h>

/// dlib's networks for the widths of the benchmarks' nets; dlib's fc keeps kernel and bias as we
/// do.
namespace bench {

using DlibSample = dlib::matrix<float, 0, 1>;

/// The widths are given from the end: DlibStack<1, 64, 3> is 3-64-1 without its loss.
template <std::size_t Out, std::size_t... Before>
struct DlibStack {
    using Net = dlib::fc<Out, typename DlibStack<Before...>::Rectified>;
    using Rectified = dlib::relu<Net>;
};
template <std::size_t In>
struct DlibStack<In> {
    using Rectified = dlib::input<DlibSample>;
};

/// f(layer) for each fc layer from the input on.
template <class Net, class F>
void dlib_layers(Net& net, F const& f) {
    if constexpr (requires { net.subnet(); }) {
        dlib_layers(net.subnet(), f);
        if constexpr (requires { net.layer_details().get_num_outputs(); }) f(net.layer_details());
    }
}

/// The parameters of all fc layers from, or to, where ours lie.
template <bool Load, class Net, class Number>
void dlib_parameters(Net& net, Number* p) {
    dlib_layers(net, [&](auto& layer) {
        auto& all = layer.get_layer_params();
        if constexpr (Load) std::copy_n(p, all.size(), all.host_write_only());
        else std::copy_n(all.host(), all.size(), p);
        p += all.size();
    });
}

/// A net of these widths, from the end, for the task: its parameters in place, and x as wide as a
/// batch. forward() runs the layers once, so that they take their shapes.
template <class Net, class Task, std::size_t N, class Forward>
void begin_dlib(Task const& t, std::size_t const (&reversed)[N], Net& net,
                dlib::resizable_tensor& x, Forward const& forward) {
    bool fits = t.net.layers == N - 1;
    for (std::size_t i = 0; fits && i < N; ++i) fits = t.net.widths[i] == reversed[N - 1 - i];
    if (!fits) throw NotDone{};
    omp_set_num_threads(t.threads);
    std::vector<DlibSample> samples(t.batch);
    for (auto& sample : samples) sample = dlib::zeros_matrix<float>(long(t.net.inputs()), 1);
    net.to_tensor(samples.begin(), samples.end(), x);
    forward();
}

} // namespace bench
