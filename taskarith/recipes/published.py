"""What the papers report, to set beside a recipe's own figures. Text alone; nothing is compared.

Other models, tasks and controls than ours: what carries over is the shape of the result.
"""

__all__ = ["PUBLISHED"]

# By the recipe's name. Figures of tables are from third-party transcriptions of the papers.
PUBLISHED = {
    "negation": "arXiv 2212.04089, CLIP ViT-B/32, mean of eight tasks: target 48.3 % pretrained, "
    "24.0 % negated, 45.7 % with a random vector, 2.7 % by gradient ascent; control (ImageNet) "
    "63.4, 60.9, 61.5 and 0.3 %",
    "addition": "arXiv 2212.04089, CLIP: pairs of eight tasks keep 98.9 % normalized accuracy on "
    "average, all eight together 91.2 % at best",
    "analogy": "arXiv 2212.04089, sub-populations without labels of the fourth: from 79.3 to "
    "83.2 % (ViT-B/32), 82.0 to 85.8 % (B/16), 88.2 to 90.8 % (L/14)",
    "paint": "arXiv 2208.05592, abstract: 15 to 60 points gained on patching tasks, ImageNet "
    "within 1 point",
    "wise-ft": "arXiv 2109.01903, CLIP ViT-L/14 on ImageNet: 75.5 % zero-shot, 85.5 % fine-tuned, "
    "86.0 % at α = 0.75",
    "soup": "arXiv 2203.05482, CLIP ViT-B/32 on ImageNet and the mean of five shifts: best single "
    "model 80.39 and 47.97 %, uniform soup 79.97 and 51.58 %, greedy soup 81.03 and 50.86 %",
    "methods": "FusionBench (docs/modelpool/clip_vit.md at 54c9e8c), CLIP ViT-B/32, mean of eight "
    "tasks: averaging 66.5 %, task arithmetic at λ = 0.3 68.0 %, TIES 72.2 %, RegMean 82.4 %, "
    "layer-wise AdaMerging 82.6 %, Iso-C 82.8 %; 90.3 % fine-tuned one by one",
}
