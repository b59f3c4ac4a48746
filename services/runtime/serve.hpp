#pragma once
// From a model to a running process.

#include <cstdio>

#include "runtime/clock.hpp"
#include "runtime/faults.hpp"
#include "runtime/log.hpp"
#include "runtime/model_handler.hpp"
#include "runtime/process.hpp"

namespace bridgework::runtime {

template <Model M>
int serve(int argc, char** argv) {
  ProcessSettings process;
  typename M::Vocabulary::Config config;
  const auto complain = [](const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", std::string(M::kName).c_str(), why.c_str());
    return 1;
  };
  if (const auto ok = load_settings(argc, argv, M::kName, process, config); !ok) return complain(ok.error());
  if (const auto why = clock_refusal()) return complain(*why);
  if (const auto ok = open_log(M::kName, process); !ok) return complain(ok.error());
  const ModelHandler<M> handler(std::move(config));
  return run_process(process, with_test_faults(handler));
}

}  // namespace bridgework::runtime
