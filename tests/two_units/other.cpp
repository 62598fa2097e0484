// SPDX-License-Identifier: BSD-3-Clause
#include "two.hpp"

#include <algorithm>

namespace two {

Layout other_layout() { return LAMINA_TWO_LAYOUT; }

void other_train_on(Model& model, Data const& data) {
    model.fit(inputs(data), targets(data),
              {.epochs = 3, .batch_size = 8, .seed = 5, .verbose = 0});
}
Model other_train(Data const& data) {
    auto model = make();
    other_train_on(model, data);
    return model;
}

template <class M>
static Predictions predictions(M const& model, Data const& data) {
    auto const y = model.predict(inputs(data));
    Predictions result;
    std::copy(y.begin(), y.end(), result.begin());
    return result;
}
Predictions other_predict(Model const& model, Data const& data) { return predictions(model, data); }
Predictions other_predict(GraphModel const& model, Data const& data) {
    return predictions(model, data);
}

} // namespace two
