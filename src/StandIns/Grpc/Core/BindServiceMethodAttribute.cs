namespace Grpc.Core;

/// <summary>Put by the code generator on a service's base class: which static method binds its methods.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = true)]
public class BindServiceMethodAttribute : Attribute
{
    /// <summary>Names the method.</summary>
    public BindServiceMethodAttribute(Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The type that has the method.</summary>
    public Type BindType { get; }

    /// <summary>The method's name.</summary>
    public string BindMethodName { get; }
}
