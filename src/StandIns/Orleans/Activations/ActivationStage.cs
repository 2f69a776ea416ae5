namespace Orleans.Runtime;

internal enum ActivationStage
{
    Created,
    Activating,
    Valid,
    Deactivating,
    Ended,
}
