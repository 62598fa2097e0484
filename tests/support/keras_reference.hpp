// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/keras_hdf5.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/save.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/fault_folder.hpp"
#include "support/python.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

// Models that Keras wrote, and what it computed with them: the files of LAMINA_SHARED.
namespace lamina::testing {

/// A file below models/; "" where they are not at hand.
inline std::string shared_model(std::string const& name) {
    char const* const shared = std::getenv("LAMINA_SHARED");
    return shared ? std::string(shared) + "/models/" + name : std::string();
}

/// The first output of a model of one input for all samples of a stored tensor.
template <class Model>
std::vector<float> outputs_of(Model const& model, StoredTensor const& x) {
    constexpr bool integer = Model::Network::written.rows[0].op->integer;
    using Number = std::conditional_t<integer, std::int32_t, float>;
    auto const values = x.values<Number>();
    std::size_t const n = std::size_t(x.shape[0]);
    typename Model::Workspace work;
    float const* const y = model.predict(work, values.data(), n);
    return {y, y + n * Model::template Output<0>::size};
}
/// The largest difference, by the largest number if that is above 1.
inline double difference(std::vector<float> const& a, std::vector<float> const& b) {
    if (a.size() != b.size() || a.empty()) return 1e300;
    double most = 0, size = 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        most = std::max(most, std::abs(double(a[i]) - double(b[i])));
        size = std::max(size, std::abs(double(b[i])));
    }
    return most / size;
}

/// What the two files say of a model, Keras' and lamina's: the options that both name must agree.
inline void compare_configs(std::string const& keras, std::string const& ours) {
    auto const python = python_with("h5py, numpy");
    if (python.empty()) return;
    Folder const folder;
    auto const script = folder.path("compare.py");
    write_all(script, R"(
import h5py, json, sys
NAMES = ('name', 'dtype', 'axis', 'layer', 'backward_layer')
def read(path):
    with h5py.File(path) as f:
        config = json.loads(f.attrs['model_config'])
        shapes = []
        for layer in f['model_weights'].attrs['layer_names']:
            group = f['model_weights'][layer]
            shapes += [group[w].shape for w in group.attrs['weight_names']]
        return config, shapes
def compare(a, b, where):
    for key, value in b.items():
        if key in NAMES or key not in a: continue
        if isinstance(value, dict) and 'config' in value: # options that are left out have defaults
            assert {k: a[key][k] for k in value if k != 'config'} == \
                   {k: v for k, v in value.items() if k != 'config'}, (where, key, a[key], value)
            compare(a[key]['config'], value['config'], where + '/' + key)
            continue
        if isinstance(value, float): assert abs(a[key] - value) < 1e-6, (where, key, a[key], value)
        else: assert a[key] == value, (where, key, a[key], value)
    for inner in 'layer', 'backward_layer':
        if not isinstance(a.get(inner), dict): continue
        assert a[inner]['class_name'] == b[inner]['class_name']
        compare(a[inner]['config'], b[inner]['config'], where + '/' + inner)
    unknown = set(b) - set(a)
    assert not unknown, (where, unknown)
    # what Keras has no default for, or another one than the file's
    for key in [k for k in a if k.endswith('_initializer')] + ['unit_forget_bias']:
        assert (key in a) == (key in b), (where, key, 'is missing')
    for key in ('units', 'filters', 'kernel_size', 'pool_size', 'rate', 'input_dim', 'output_dim',
                'num_heads', 'key_dim', 'return_sequences', 'mask_zero', 'reset_after', 'padding',
                'strides', 'cropping', 'size', 'merge_mode', 'depth_multiplier', 'epsilon'):
        assert (key in a) == (key in b), (where, key, 'is missing')
(theirs, their_shapes), (ours, our_shapes) = read(sys.argv[1]), read(sys.argv[2])
assert theirs['class_name'] == ours['class_name'], ours['class_name']
assert their_shapes == our_shapes, (their_shapes, our_shapes)
a, b = theirs['config']['layers'], ours['config']['layers']
def calls(layers):   # which layers each reads, by their places
    place = {l['config']['name']: i for i, l in enumerate(layers)}
    def ends(o):
        if isinstance(o, dict):
            if 'keras_history' in o:
                return [[place[o['keras_history'][0]]] + o['keras_history'][1:]]
            return sum((ends(v) for v in o.values()), [])
        return sum((ends(v) for v in o), []) if isinstance(o, list) else []
    nodes = [l.get('inbound_nodes', []) for l in layers]
    options = [[k for k, v in n['kwargs'].items() if v is True] for all in nodes for n in all]
    return [ends(n) for n in nodes], options
assert [l['class_name'] for l in a] == [l['class_name'] for l in b], [l['class_name'] for l in b]
assert calls(a) == calls(b), (calls(a), calls(b))
for x, y in zip(a, b): compare(x['config'], y['config'], x['class_name'])
)");
    CHECK(std::system((python + " " + script + " " + keras + " " + ours).c_str()) == 0);
}

/// Is an archive like Keras' member by member: its names, how they are stored, what each says?
/// Options and variables are compared elsewhere.
inline void compare_archives(std::string const& keras, std::string const& ours) {
    auto const python = python_with("h5py, numpy");
    if (python.empty()) return;
    Folder const folder;
    auto const script = folder.path("compare.py");
    write_all(script, R"(
import json, re, sys, zipfile
a, b = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2])
assert b.testzip() is None
assert a.namelist() == b.namelist(), b.namelist()
for x, y in zip(a.infolist(), b.infolist()):
    for key in 'compress_type', 'create_system', 'create_version', 'extract_version', 'flag_bits', \
               'external_attr', 'extra', 'comment', 'internal_attr', 'volume':
        assert getattr(x, key) == getattr(y, key), (key, getattr(x, key), getattr(y, key))
    assert y.compress_size == y.file_size == len(b.read(y))
x, y = (json.loads(z.read('metadata.json')) for z in (a, b))
assert list(x) == list(y) and x['keras_version'] == y['keras_version'], y
assert re.fullmatch(r'\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d', y['date_saved']), y
x, y = (json.loads(z.read('config.json')) for z in (a, b))
assert list(x) == list(y), (list(x), list(y))
for key in 'module', 'class_name', 'registered_name', 'build_config':
    assert x[key] == y[key], (key, x[key], y[key])
def policy(dtype):
    return {k: v for k, v in dtype.items() if k != 'shared_object_id'}
for m, n in zip(x['config']['layers'], y['config']['layers']):
    assert list(m) == list(n), (m['class_name'], list(m), list(n))
    for key in 'module', 'class_name', 'registered_name', 'build_config':
        assert m.get(key) == n.get(key), (m['class_name'], key, m.get(key), n.get(key))
    if m['class_name'] == 'InputLayer': assert m['config']['dtype'] == n['config']['dtype']
    else: assert policy(m['config']['dtype']) == policy(n['config']['dtype'])
    for inner in 'layer', 'backward_layer':
        if inner not in m['config']: continue
        for key in 'module', 'class_name', 'registered_name':
            assert m['config'][inner][key] == n['config'][inner][key]
c, d = x['compile_config'], y['compile_config']
assert set(c) == set(d), (list(c), list(d))
for key in 'module', 'registered_name':
    assert c['optimizer'][key] == d['optimizer'][key]
assert d['loss']['module'] == 'keras.losses' and d['loss']['registered_name'] is None
)");
    CHECK(std::system((python + " " + script + " " + keras + " " + ours).c_str()) == 0);
}

/// Do two files of weights hold the same variables?
inline void compare_objects(std::string const& keras, std::string const& ours) {
    auto const python = python_with("h5py, numpy");
    if (python.empty()) return;
    Folder const folder;
    auto const script = folder.path("compare.py");
    write_all(script, R"(
import h5py, io, sys, zipfile
def read(path):
    out, groups = {}, set()
    if path.endswith('.keras'): path = io.BytesIO(zipfile.ZipFile(path).read('model.weights.h5'))
    def take(name, o):
        if name.startswith(('optimizer', 'lamina')): return
        if hasattr(o, 'shape'): out[name] = o[()]
        elif name.endswith('vars'): groups.add(name)
    h5py.File(path).visititems(take)
    return out, groups
(a, theirs), (b, ours) = read(sys.argv[1]), read(sys.argv[2])
assert set(a) == set(b), set(a) ^ set(b)
assert all((a[k] == b[k]).all() for k in a)
# what has no variables of its own may be left out, but for layers
assert all(g in ours for g in theirs if g.count('/') < 3), theirs - ours
)");
    CHECK(std::system((python + " " + script + " " + keras + " " + ours).c_str()) == 0);
}

/// Loads what Keras wrote, compares with what it computed, and what lamina writes of it with both.
template <class Definition>
void check_keras(Definition const& definition, std::string const& file,
                 std::string const& reference_file, std::string const& x = "in/0",
                 std::string const& y = "out/0", bool configs = true) {
    auto const path = shared_model(file);
    if (path.empty()) return skip("LAMINA_SHARED is not set");
    Folder const folder;
    auto model = compile(definition, SGD{}, MeanSquaredError{});
    load(model, path);
    SafetensorsFile const reference(shared_model(reference_file));
    auto const out = outputs_of(model, *reference.find(x));
    auto const wanted = reference.find(y)->template values<float>();
    CHECK(difference(out, {wanted.begin(), wanted.end()}) < 1e-5);
    auto const ours = folder.path("again.h5");
    save(model, ours);
    model.initialize(99);
    CHECK(difference(outputs_of(model, *reference.find(x)), out) > 0);
    load(model, ours);
    CHECK(difference(outputs_of(model, *reference.find(x)), out) == 0);
    if (configs) compare_configs(path, ours);
    // the layout of save_weights()
    auto const weights = folder.path("again.weights.h5");
    save(model, weights);
    model.initialize(98);
    load(model, weights);
    CHECK(difference(outputs_of(model, *reference.find(x)), out) == 0);
    // the archive
    auto const archive = folder.path("again.keras");
    save(model, archive);
    model.initialize(95);
    load(model, archive);
    CHECK(difference(outputs_of(model, *reference.find(x)), out) == 0);
    if (!file.starts_with("keras3/")) return;
    model.initialize(97);
    std::string const stem = file.substr(0, file.rfind('.'));
    load(model, shared_model(stem + ".weights.h5"));
    CHECK(difference(outputs_of(model, *reference.find(x)), out) == 0);
    model.initialize(96);
    load(model, shared_model(stem + ".keras"));
    CHECK(difference(outputs_of(model, *reference.find(x)), out) == 0);
    if (configs) compare_objects(shared_model(stem + ".weights.h5"), weights);
    if (configs) compare_objects(shared_model(stem + ".keras"), archive);
    if (configs) compare_archives(shared_model(stem + ".keras"), archive);
}
/// One of Keras 3's models, from both of its HDF5 layouts.
template <class Definition>
void check_keras3(Definition const& definition, std::string const& name) {
    check_keras(definition, "keras3/" + name + ".h5", "keras3/" + name + ".reference.safetensors");
}

} // namespace lamina::testing
