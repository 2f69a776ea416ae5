namespace Orleans;

/// <summary>The stages of a silo's lifecycle.</summary>
public static class ServiceLifecycleStage
{
    /// <summary>Before everything.</summary>
    public const int First = int.MinValue;

    /// <summary>The runtime's own parts.</summary>
    public const int RuntimeInitialize = 2000;

    /// <summary>The runtime's services.</summary>
    public const int RuntimeServices = 4000;

    /// <summary>Storages.</summary>
    public const int RuntimeStorageServices = 6000;

    /// <summary>Services that serve grains.</summary>
    public const int RuntimeGrainServices = 8000;

    /// <summary>After the services that serve grains.</summary>
    public const int AfterRuntimeGrainServices = 8100;

    /// <summary>The application's services.</summary>
    public const int ApplicationServices = 10000;

    /// <summary>Just before the silo takes calls.</summary>
    public const int BecomeActive = 19999;

    /// <summary>The silo takes calls.</summary>
    public const int Active = 20000;

    /// <summary>After everything.</summary>
    public const int Last = int.MaxValue;
}
