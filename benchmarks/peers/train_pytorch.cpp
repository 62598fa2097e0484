// SPDX-License-Identifier: BSD-3-Clause
// package: python3-torch
//
// PyTorch, in a process of its own that keeps the time: a permutation for each epoch, indexing for
// each batch, Adam(foreach=True), the faster of its forms.

#include "../support/child.hpp"
#include "../support/peer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr char const* python = "/usr/bin/python3"; // Debian's, for which the package is
constexpr char const* program = R"py(
import sys, time
import torch
import torch.nn.functional as F

folder, threads, batch, epochs, rate = sys.argv[1], *map(float, sys.argv[2:6])
widths = [int(w) for w in sys.argv[6:]]
batch, epochs = int(batch), int(epochs)
torch.set_num_threads(int(threads))

def numbers(name, kind):
    with open(folder + "/" + name, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=kind)

start = numbers("parameters", torch.float32)
all_x = numbers("x", torch.float32).view(-1, widths[0])
all_y = numbers("y", torch.int32)
binary = widths[-1] == 1
all_y = all_y.float().view(-1, 1) if binary else all_y.long()
layers = [torch.nn.Linear(i, o) for i, o in zip(widths, widths[1:])]
stack = [m for layer in layers for m in (layer, torch.nn.ReLU())][:-1]
net = torch.nn.Sequential(*stack)

def train(x, y, shuffle):
    with torch.no_grad():
        at = 0
        for layer in layers:
            o, i = layer.weight.shape
            layer.weight.copy_(start[at:at + i * o].view(i, o).t())
            layer.bias.copy_(start[at + i * o:at + i * o + o])
            at += i * o + o
    adam = torch.optim.Adam(net.parameters(), lr=rate, eps=1e-7, foreach=True)
    for epoch in range(epochs):
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        total = 0.0
        for begin in range(0, len(x), batch):
            rows = order[begin:begin + batch]
            out = net(x[rows])
            loss = (F.binary_cross_entropy_with_logits if binary else F.cross_entropy)(out, y[rows])
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            total += loss.item()

print(torch.__version__, flush=True)
for line in sys.stdin:
    times, samples, shuffle = map(int, line.split())
    begin = time.perf_counter()
    for _ in range(times):
        train(all_x[:samples], all_y[:samples], shuffle)
    spent = time.perf_counter() - begin
    with open(folder + "/trained", "wb") as file, torch.no_grad():
        for layer in layers:
            file.write(layer.weight.t().contiguous().numpy().tobytes())
            file.write(layer.bias.numpy().tobytes())
    print(spent, flush=True)
)py";

struct PyTorch {
    static constexpr char const* name = "PyTorch";
    static std::string about() { return version() + ", " + python; }
    static std::string& version() {
        static std::string of;
        return of;
    }
    bench::TrainTask const& t;
    bench::ScratchFolder folder;
    std::string trained;
    std::unique_ptr<bench::Child> child;

    explicit PyTorch(bench::TrainTask const& task) : t(task), trained(folder.file("trained")) {
        static bool const installed =
            std::system((std::string(python) + " -c 'import torch' 2> /dev/null").c_str()) == 0;
        if (!installed) throw bench::NotDone{};
        // all the samples there are: as many as one may ask for later
        folder.write("x", t.x, t.all_samples * t.net.inputs() * sizeof(float));
        folder.write("y", t.y, t.all_samples * sizeof(int));
        folder.write("parameters", t.net.parameters, t.net.parameter_count() * sizeof(float));
        std::string path = trained.substr(0, trained.rfind('/'));
        std::vector<std::string> command{"env",
                                         "LD_LIBRARY_PATH=/usr/lib/" LAMINA_LIBRARY_ARCHITECTURE
                                         "/openblas-openmp",
                                         python,
                                         "-c",
                                         program,
                                         path,
                                         std::to_string(t.threads),
                                         std::to_string(t.batch),
                                         std::to_string(t.epochs),
                                         std::to_string(t.learning_rate)};
        for (std::size_t i = 0; i <= t.net.layers; ++i)
            command.push_back(std::to_string(t.net.widths[i]));
        child = std::make_unique<bench::Child>(command);
        version() = child->answer();
    }
    double operator()(std::size_t times) {
        double const seconds = std::stod(child->ask(
            std::to_string(times) + " " + std::to_string(t.samples) + (t.shuffle ? " 1" : " 0")));
        std::FILE* const from = std::fopen(trained.c_str(), "rb");
        std::size_t const count = t.net.parameter_count();
        bool const read = from && std::fread(t.trained, sizeof(float), count, from) == count;
        if (from) std::fclose(from);
        if (!read) throw std::runtime_error("python wrote no result");
        return seconds;
    }
};

} // namespace

extern "C" bench::Peers<bench::TrainTask> lamina_train_peers() {
    return bench::peers<bench::TrainTask, PyTorch>();
}
