#include "followup/model.hpp"
#include "followup/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> followup_handler() {
  followup::Config config;
  return std::make_unique<runtime::ModelHandler<followup::Model>>(std::move(config));
}

}  // namespace bridgework::sim
