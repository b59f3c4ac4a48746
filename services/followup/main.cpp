#include "followup/model.hpp"
#include "followup/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::followup::Model>(argc, argv); }
