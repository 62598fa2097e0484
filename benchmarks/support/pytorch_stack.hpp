// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "child.hpp"
#include "stack.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// PyTorch's stacks of layers, in a process of its own that keeps the time. Each form is a
/// contender.
namespace bench {

inline constexpr char const* pytorch_python = "/usr/bin/python3"; // Debian's, with its package
inline constexpr char const* pytorch_stack_program = R"py(
import sys, time
import torch
import torch.nn.functional as F

folder, form, mode = sys.argv[1:4]
threads, batch = map(int, sys.argv[4:6])
rate, epsilon = map(float, sys.argv[6:8])
shape = [int(n) for n in sys.argv[8].split(",")]
stack = [word.split(",") for word in sys.argv[9:]]
stack = [(kind, int(a), int(b), int(c)) for kind, a, b, c in stack]
torch.set_num_threads(threads)
bag, sparse, last = "Bag" in form, form == "sparse EmbeddingBag", form == "channels_last"
images, is_tokens = len(shape) == 3, stack[0][0] == "embedding"

def numbers(name, kind=torch.float32):
    with open(folder + "/" + name, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=kind)

def as_image(x):
    x = x.permute(0, 3, 1, 2)
    return x if last else x.contiguous()

class Flat(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1) if last else x.flatten(1)

class LastState(torch.nn.Module):
    def __init__(self, features, units):
        super().__init__()
        self.lstm = torch.nn.LSTM(features, units, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad = False
        torch.nn.init.zeros_(self.lstm.bias_hh_l0)
    def forward(self, x):
        return self.lstm(x)[1][0][0]

class Mean(torch.nn.Module):
    def forward(self, x):
        return x.mean(1)

same, transposed = (lambda w: w), (lambda w: w.t())
modules, parameters, flattened = [], [], None   # (a parameter, how the task has it)
for i, (kind, a, b, c) in enumerate(stack):
    if kind == "dense":
        m = torch.nn.Linear(shape[-1], a)
        turn = transposed
        if flattened:
            turn = lambda w, f=flattened: w.view(-1, f[2], f[0], f[1]).permute(2, 3, 1, 0)
        flattened = None
        parameters += [(m.weight, turn), (m.bias, same)]
        shape = shape[:-1] + [a]
    elif kind == "relu":
        m = torch.nn.ReLU()
    elif kind == "softmax":
        if mode == "train":
            continue
        m = torch.nn.Softmax(-1)
    elif kind == "flatten":
        m = Flat()
        flattened = None if last else shape
        shape = [shape[0] * shape[1] * shape[2]]
    elif kind == "conv_2d":
        m = torch.nn.Conv2d(shape[2], a, b, padding="same" if c else 0)
        if last:
            m = m.to(memory_format=torch.channels_last)
        parameters += [(m.weight, lambda w: w.permute(2, 3, 1, 0)), (m.bias, same)]
        shape = [shape[0] - (0 if c else b - 1), shape[1] - (0 if c else b - 1), a]
    elif kind == "max_pool_2d":
        m = torch.nn.MaxPool2d(a)
        shape = [shape[0] // a, shape[1] // a, shape[2]]
    elif kind == "lstm":
        m = LastState(shape[1], a)
        parameters += [(m.lstm.weight_ih_l0, transposed), (m.lstm.weight_hh_l0, transposed),
                       (m.lstm.bias_ih_l0, same)]
        shape = [a]
    elif kind == "embedding":
        m = (torch.nn.EmbeddingBag(a, b, mode="mean", sparse=sparse) if bag
             else torch.nn.Embedding(a, b))
        parameters += [(m.weight, same)]
        table = m.weight
        shape = shape + [b]
    elif kind == "mean_over_time":
        shape = [shape[1]]
        if bag:
            continue
        m = Mean()
    elif kind == "encoder":
        d = shape[1]
        m = torch.nn.TransformerEncoderLayer(d, a, b, dropout=0.0, batch_first=True)
        of = m.self_attn
        for k in range(3):
            parameters += [(of.in_proj_weight, lambda w, k=k, d=d: w[k * d:k * d + d].t()),
                           (of.in_proj_bias, lambda w, k=k, d=d: w[k * d:k * d + d])]
        parameters += [(of.out_proj.weight, transposed), (of.out_proj.bias, same),
                       (m.norm1.weight, same), (m.norm1.bias, same),
                       (m.linear1.weight, transposed), (m.linear1.bias, same),
                       (m.linear2.weight, transposed), (m.linear2.bias, same),
                       (m.norm2.weight, same), (m.norm2.bias, same)]
    modules.append(m)
net = torch.nn.Sequential(*modules)
net.train(mode != "predict")
start = numbers("parameters")

def set_parameters():
    with torch.no_grad():
        at = 0
        for whole, turn in parameters:
            part = turn(whole)
            part.copy_(start[at:at + part.numel()].view(part.shape))
            at += part.numel()

def write(name, *tensors):
    with open(folder + "/" + name, "wb") as file, torch.no_grad():
        for x in tensors:
            file.write(x.contiguous().numpy().tobytes())

def in_order(x):
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x

first_shape = [int(n) for n in sys.argv[8].split(",")]
all_x = numbers("x", torch.int32).long() if is_tokens else numbers("x")
all_x = all_x.view(-1, *first_shape)
if images:
    all_x = as_image(all_x)
set_parameters()

def train(x, y, shuffle):
    set_parameters()
    rest = [p for p in net.parameters() if p.requires_grad and not (sparse and p is table)]
    steppers = [torch.optim.Adam(rest, lr=rate, eps=epsilon, foreach=True)]
    if sparse:
        # its epsilon stands where Keras has it: in the first step, which is compared, the same
        steppers.append(torch.optim.SparseAdam([table], lr=rate, eps=epsilon * 0.001 ** 0.5))
    order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
    total = 0.0
    for begin in range(0, len(x), batch):
        rows = order[begin:begin + batch]
        bx = x[rows]
        if last:
            bx = bx.contiguous(memory_format=torch.channels_last)
        loss = F.cross_entropy(net(bx), y[rows])
        for one in steppers:
            one.zero_grad(set_to_none=True)
        loss.backward()
        for one in steppers:
            one.step()
        total += loss.item()

if mode == "train":
    all_y = numbers("labels", torch.int32).long()
elif mode == "gradients":
    x = all_x.detach().requires_grad_(not is_tokens)
    with torch.no_grad():
        like = net(x)
    dy = numbers("dy")
    dy = (as_image(dy.view(*[like.shape[k] for k in (0, 2, 3, 1)])) if like.dim() == 4
          else dy.view(like.shape))

print(torch.__version__, flush=True)
for line in sys.stdin:
    times, samples, shuffle, collect = map(int, line.split())
    begin = time.perf_counter()
    for _ in range(times):
        if mode == "predict":
            with torch.inference_mode():
                y = net(all_x)
        elif mode == "gradients":
            for p in net.parameters():
                p.grad = None
            x.grad = None
            y = net(x)
            y.backward(dy)
        else:
            train(all_x[:samples], all_y[:samples], shuffle)
    spent = time.perf_counter() - begin
    if mode == "predict":
        write("out", in_order(y))
    elif mode == "gradients" and collect:
        write("out", in_order(y), in_order(x.grad), *[turn(p.grad) for p, turn in parameters])
    elif mode == "train" and collect:
        write("out", *[turn(p) for p, turn in parameters])
    print(spent, flush=True)
)py";

enum class PyTorchForm { plain, channels_last, bag, sparse_bag };

template <PyTorchForm Form>
struct PyTorchStack {
    static constexpr char const* form_names[]{"", "channels_last", "EmbeddingBag",
                                              "sparse EmbeddingBag"};
    static constexpr char const* names[]{"PyTorch", "PyTorch (channels_last)",
                                         "PyTorch (EmbeddingBag)", "PyTorch (SparseAdam)"};
    static constexpr char const* name = names[int(Form)];
    static std::string about() { return version() + ", " + pytorch_python; }
    static std::string& version() {
        static std::string of;
        return of;
    }
    StackTask const& t;
    ScratchFolder folder;
    std::string out;
    std::unique_ptr<Child> child;

    explicit PyTorchStack(StackTask const& task) : t(task), out(folder.file("out")) {
        bool const bag = Form == PyTorchForm::bag || Form == PyTorchForm::sparse_bag;
        if (Form == PyTorchForm::channels_last && !t.net.has(Layer::conv_2d)) throw NotDone{};
        if (bag && !t.net.has(Layer::embedding)) throw NotDone{};
        if (Form == PyTorchForm::sparse_bag && t.mode != StackTask::train) throw NotDone{};
        static bool const installed =
            std::system(
                (std::string(pytorch_python) + " -c 'import torch' 2> /dev/null").c_str()) == 0;
        if (!installed) throw NotDone{};
        bool const trains = t.mode == StackTask::train;
        // all the samples there are: as many as one may ask for later
        std::size_t const samples = trains ? t.all_samples : t.batch;
        folder.write("x", t.x, samples * t.net.inputs() * 4);
        folder.write("parameters", t.net.parameters, t.net.parameter_count * sizeof(float));
        if (trains) folder.write("labels", t.labels, samples * sizeof(int));
        if (t.dy) folder.write("dy", t.dy, t.batch * t.outputs * sizeof(float));
        char numbers[2][32];
        std::snprintf(numbers[0], sizeof numbers[0], "%.9g", double(t.learning_rate));
        std::snprintf(numbers[1], sizeof numbers[1], "%.9g", double(t.epsilon));
        std::string shape;
        for (std::size_t i = 0; i < t.net.rank; ++i)
            shape += (i ? "," : "") + std::to_string(t.net.shape[i]);
        static constexpr char const* modes[]{"predict", "gradients", "train"};
        std::vector<std::string> command{"env",
                                         "LD_LIBRARY_PATH=/usr/lib/" LAMINA_LIBRARY_ARCHITECTURE
                                         "/openblas-openmp",
                                         pytorch_python,
                                         "-c",
                                         pytorch_stack_program,
                                         out.substr(0, out.rfind('/')),
                                         form_names[int(Form)],
                                         modes[t.mode],
                                         std::to_string(t.threads),
                                         std::to_string(t.batch),
                                         numbers[0],
                                         numbers[1],
                                         shape};
        for (std::size_t i = 0; i < t.net.count; ++i) {
            Layer const& l = t.net.layers[i];
            command.push_back(std::string(Layer::names[l.kind]) + "," + std::to_string(l.a) + "," +
                              std::to_string(l.b) + "," + std::to_string(l.c));
        }
        child = std::make_unique<Child>(command);
        version() = child->answer();
    }
    double operator()(std::size_t times) {
        double const seconds =
            std::stod(child->ask(std::to_string(times) + " " + std::to_string(t.samples) +
                                 (t.shuffle ? " 1" : " 0") + (t.collect ? " 1" : " 0")));
        if (t.mode == StackTask::predict) {
            read({{t.y, t.batch * t.outputs}});
        } else if (t.collect && t.mode == StackTask::gradients) {
            read({{t.y, t.batch * t.outputs},
                  {t.dx, t.batch * t.net.inputs()},
                  {t.dparameters, t.net.parameter_count}});
        } else if (t.collect) {
            read({{t.trained, t.net.parameter_count}});
        }
        return seconds;
    }

private:
    struct Part {
        float* to;
        std::size_t count;
    };
    void read(std::vector<Part> const& parts) {
        std::FILE* const from = std::fopen(out.c_str(), "rb");
        bool whole = from != nullptr;
        for (auto const& [to, count] : parts)
            whole = whole && std::fread(to, sizeof(float), count, from) == count;
        if (from) std::fclose(from);
        if (!whole) throw std::runtime_error("python wrote no result");
    }
};

inline Peers<StackTask> pytorch_stack_peers() {
    return peers<StackTask, PyTorchStack<PyTorchForm::plain>,
                 PyTorchStack<PyTorchForm::channels_last>, PyTorchStack<PyTorchForm::bag>,
                 PyTorchStack<PyTorchForm::sparse_bag>>();
}

} // namespace bench
