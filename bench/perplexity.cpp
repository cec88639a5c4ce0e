// Asks llama.cpp's library for the log-probability of every id but the first of each line of its input, and prints them, line by line; perplexity.mjs
// builds and runs it. Usage: perplexity MODEL.gguf f32|f16|bf16|q8_0 on|off < ids (type of keys and values, flash attention)
#include "llama.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main(int, char ** argv) {
    const std::string cache = argv[2];
    const ggml_type type = cache == "f32" ? GGML_TYPE_F32 : cache == "f16" ? GGML_TYPE_F16 : cache == "bf16" ? GGML_TYPE_BF16 : GGML_TYPE_Q8_0;
    const int most = 2048;
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_backend_init();
    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    if (!model) return 1;
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = most;
    params.type_k = params.type_v = type;
    params.flash_attn_type = std::string(argv[3]) == "on" ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.n_threads = params.n_threads_batch = 2;
    llama_context * context = llama_init_from_model(model, params);
    if (!context) return 1;
    const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_batch batch = llama_batch_init(most, 0, 1);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::vector<llama_token> ids;
        for (llama_token id; words >> id;) ids.push_back(id);
        batch.n_tokens = (int) ids.size();
        for (int i = 0; i < batch.n_tokens; i++) {
            batch.token[i] = ids[i];
            batch.pos[i] = i;
            batch.n_seq_id[i] = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i] = 1;
        }
        llama_memory_clear(llama_get_memory(context), true);
        if (batch.n_tokens > most || llama_decode(context, batch) != 0) return 1;
        for (int i = 0; i + 1 < batch.n_tokens; i++) {
            const float * logits = llama_get_logits_ith(context, i);
            const float best = *std::max_element(logits, logits + vocabulary);
            double sum = 0;
            for (int k = 0; k < vocabulary; k++) sum += std::exp((double) logits[k] - best);
            std::printf("%.9g ", logits[ids[i + 1]] - best - std::log(sum));
        }
        std::printf("\n");
    }
    llama_free(context);
    llama_model_free(model);
}
