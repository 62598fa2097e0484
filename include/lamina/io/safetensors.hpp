// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// .safetensors files, for save() and load() and tensor by tensor. A program that includes this
// header links lamina::safetensors.

#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/safetensors_model.hpp>
