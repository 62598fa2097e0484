// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#define LAMINA_VERSION_MAJOR 0
#define LAMINA_VERSION_MINOR 1
#define LAMINA_VERSION_PATCH 0
