// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <mlpack/core.hpp>
#include <mlpack/methods/ann/ann.hpp>

#include <algorithm>

/// mlpack's networks. Its matrices are column-major, its weights outputs x inputs: they lie as
/// ours.
namespace bench {

using Floats = arma::fmat;

template <class Loss>
using MlpackNet = mlpack::FFN<Loss, mlpack::RandomInitialization, Floats>;
using MlpackBinary = MlpackNet<mlpack::BCELossType<Floats>>;
using MlpackClasses = MlpackNet<mlpack::NegativeLogLikelihoodType<Floats>>;

/// The layers, with our parameters; the end is a sigmoid or the logarithm of a softmax.
template <class Made>
void build_mlpack(Made& made, Net const& net) {
    for (std::size_t i = 0; i < net.layers; ++i) {
        made.template Add<mlpack::Linear<Floats>>(net.widths[i + 1]);
        if (i + 1 < net.layers) made.template Add<mlpack::ReLU<Floats>>();
        else if (net.outputs() == 1) made.template Add<mlpack::Sigmoid<Floats>>();
        else made.template Add<mlpack::LogSoftMax<Floats>>();
    }
    made.Reset(net.inputs());
    std::copy_n(net.parameters, net.parameter_count(), made.Parameters().memptr());
}

inline std::string mlpack_about() { return mlpack::util::GetVersion() + ", with OpenBLAS"; }

} // namespace bench
