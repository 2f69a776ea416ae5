using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.References;

/// <summary>What one caller is told, and where that came from.</summary>
internal readonly record struct ToldAnswer(ResolveAnswer Answer, AnswerSource Source);
